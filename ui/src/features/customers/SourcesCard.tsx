import { useTranslation } from "react-i18next";
import { SideCard } from "./Cards";
import { answer, api } from "@/api/client";
import { Group, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { useAnswer } from "@/shared/useAnswer";

/** What each source says of a customer of whom several speak: conflicting values keep their source and their time. */
export function SourcesCard({ customerId }: { customerId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useAnswer({
    key: ["sources", customerId],
    ask: (signal) => answer(api.GET("/api/sources", { params: { query: { customer_id: customerId } }, signal })),
  });
  if (!data || data.sources.length === 0) return null;
  return (
    <SideCard title={t("customer.sources")} empty={null}>
      {data.sources.map((one) => (
        <div key={`${one.source} ${one.customer_id} ${one.said_at ?? ""}`}>
          <Text size="sm" fw={500}>
            {one.source}
          </Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {[one.customer_id, one.said_at && format.dateTime(one.said_at)].filter(Boolean).join(" · ")}
          </Text>
          {Object.entries(one.values).map(([name, value]) => (
            <Group key={name} justify="space-between" gap="xs">
              <Text size="sm" c="dimmed">
                {t(`customer.columns.${name}`, { defaultValue: name })}
              </Text>
              <Text size="sm" ta="right" style={{ overflowWrap: "anywhere" }}>
                {name === "birth_date" ? format.date(value) : value}
              </Text>
            </Group>
          ))}
        </div>
      ))}
    </SideCard>
  );
}
