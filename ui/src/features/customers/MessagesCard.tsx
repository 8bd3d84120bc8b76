import { useTranslation } from "react-i18next";
import { SideCard } from "./Cards";
import { SentMessage } from "./SentMessage";
import { answer, api } from "@/api/client";
import { Group, Stack, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { useAnswer } from "@/shared/useAnswer";

const shown = 10;

/** What the gate said of the customer's latest messages: why one went, waits, or was not sent. */
export function MessagesCard({ customerId }: { customerId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useAnswer({
    key: ["gate", customerId],
    ask: (signal) =>
      answer(api.GET("/api/gate/customers/{customer_id}", { params: { path: { customer_id: customerId } }, signal })),
  });
  if (!data || data.messages.length === 0) return null;
  return (
    <SideCard title={t("customer.messages")} empty={null}>
      {data.messages.slice(0, shown).map((one) => (
        <Stack key={one.message_id} gap={2}>
          <Group justify="space-between" gap="xs">
            <Text size="sm" fw={500}>
              {one.template}
              {one.template_version ? `, ${t("customer.template_version", { version: one.template_version })}` : ""}
            </Text>
            <Text size="sm" c="dimmed">
              {format.dateTime(one.planned_at)}
            </Text>
          </Group>
          {one.said.map((said) => (
            <Text key={`${said.verdict} ${said.sentence}`} size="sm" c="dimmed">
              {t("customer.verdict", { label: said.label, sentence: said.sentence })}
              {said.retry_at &&
                one.state === "deferred" &&
                ` ${t("customer.again", { date: format.dateTime(said.retry_at) })}`}
            </Text>
          ))}
          {one.said.length === 0 && one.sentence && (
            <Text size="sm" c="dimmed">
              {one.sentence}
            </Text>
          )}
          {one.template_version !== null && <SentMessage messageId={one.message_id} title={one.template} />}
        </Stack>
      ))}
    </SideCard>
  );
}
