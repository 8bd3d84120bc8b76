import { useTranslation } from "react-i18next";
import { Card, Table, Text, Title, VisuallyHidden } from "@/kit/kit";
import { PhaseBadge } from "@/shared/PhaseBadge";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

const order = ["prospect", "first_time", "repeat", "loyal", "at_risk", "inactive", "lost"];

/** The phases as a life goes through them. */
export function inLifeOrder<Phase extends { phase: string }>(phases: Phase[]): Phase[] {
  return [...phases].sort((one, other) => order.indexOf(one.phase) - order.indexOf(other.phase));
}

function Bar({ phase, share }: { phase: string; share: number }) {
  return (
    <div
      aria-hidden="true"
      style={{ height: 16, width: `${share * 100}%`, minWidth: 2, borderRadius: 4, background: `var(--p-${phase})` }}
    />
  );
}

/** How many customers are in each phase of life, and what they spent: bars in a table, each phase in its own colour. */
export function Phases({ phases }: { phases: Schemas["PhaseCount"][] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const largest = Math.max(1, ...phases.map((phase) => phase.customers));
  const all = phases.reduce((sum, phase) => sum + phase.customers, 0) || 1;
  return (
    <Card>
      <Title order={2} size="h3" mb="xs">
        {t("home.phases_title")}
      </Title>
      <Table>
        <caption>
          <VisuallyHidden>{t("home.phases_title")}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("customers.phase")}</Table.Th>
            <Table.Td visibleFrom="sm" w="45%" />
            <Table.Th ta="right">{t("customers.title")}</Table.Th>
            <Table.Th ta="right">{t("common.spent")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {inLifeOrder(phases).map((phase) => (
            <Table.Tr key={phase.phase}>
              <Table.Td>
                <PhaseBadge phase={phase.phase} label={phase.label} />
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Bar phase={phase.phase} share={phase.customers / largest} />
              </Table.Td>
              <Table.Td ta="right">
                {format.number(phase.customers)}{" "}
                <Text component="span" size="sm" c="dimmed" visibleFrom="sm">
                  {format.percent(phase.customers / all)}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{format.moneyRounded(phase.spent)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}
