import { useTranslation } from "react-i18next";
import { Card, Table, Text, Title, VisuallyHidden } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

/** Why messages stayed unsent, in the gate's own words. */
export function NotSentCard({ reasons }: { reasons: Schemas["NotSent"][] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card>
      <Title order={2} size="h3" mb="sm">
        {t("report.not_sent_title")}
      </Title>
      {reasons.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t("report.not_sent_none")}
        </Text>
      ) : (
        <Table>
          <caption>
            <VisuallyHidden>{t("report.not_sent_title")}</VisuallyHidden>
          </caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("report.reason")}</Table.Th>
              <Table.Th ta="right">{t("report.messages")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {reasons.map((reason) => (
              <Table.Tr key={reason.reason}>
                <Table.Td>
                  <Text size="sm" className="sentence">
                    {reason.sentence}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{format.number(reason.messages)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Card>
  );
}
