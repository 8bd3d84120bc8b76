import { useTranslation } from "react-i18next";
import { Badge, Group, List, Text } from "@/kit/kit";
import { Section } from "@/shared/Section";
import type { Schemas } from "@/shared/useAnswer";

const colours = { stop: "red", warning: "yellow", advice: "gray" } as const;

/** What stands against sending, the gravest first: where, what, and what to do. */
export function Remarks({ remarks }: { remarks: Schemas["TemplateRemark"][] }) {
  const { t } = useTranslation();
  return (
    <Section title={t("templates.remarks", { count: remarks.length })}>
      {remarks.length === 0 && <Text c="dimmed">{t("templates.no_remarks")}</Text>}
      <List spacing="sm" listStyleType="none">
        {remarks.map((one, at) => (
          <List.Item key={at}>
            <Group gap="xs">
              <Badge color={colours[one.level]}>{t(`templates.levels.${one.level}`)}</Badge>
              <Text size="sm" c="dimmed">
                {[one.place, one.language].filter(Boolean).join(" · ")}
              </Text>
            </Group>
            <Text size="sm" fw={500}>
              {one.what}
            </Text>
            <Text size="sm" c="dimmed">
              {one.to_do}
            </Text>
          </List.Item>
        ))}
      </List>
    </Section>
  );
}
