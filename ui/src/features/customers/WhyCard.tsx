import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Select, Stack } from "@/kit/kit";
import { Explained } from "@/shared/Explained";
import { Section } from "@/shared/Section";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";
import { useSegments } from "@/shared/useSegments";

/** Why this customer is in a segment or not, and when that changes by itself. */
export function WhyCard({ customerId }: { customerId: string }) {
  const { t } = useTranslation();
  const segments = useSegments();
  const [chosen, setChosen] = useState<string | null>(null);
  const query = segments.rows?.find((row) => row.segment_id === chosen)?.query;
  const { data, error, refetch } = useAnswer({
    key: ["explain", customerId, query],
    ask: (signal) =>
      answer(api.POST("/api/segments/explain", { body: { query: query ?? "", customer: customerId }, signal })),
    enabled: query !== undefined,
  });
  return (
    <Section title={t("customer.why")} lead={t("customer.why_text")}>
      <Stack gap="md">
        <Select
          data={segments.choices}
          value={chosen}
          onChange={setChosen}
          placeholder={t("customer.choose_segment")}
          aria-label={t("customer.choose_segment")}
          searchable
          maw={420}
          nothingFoundMessage={t("segments.none_found")}
        />
        {(segments.error || error) && (
          <ErrorState error={(segments.error ?? error) as Error} onRetry={() => void refetch()} />
        )}
        {query !== undefined && !data && !error && <LoadingState lines={3} height={28} />}
        {data && <Explained found={data} />}
      </Stack>
    </Section>
  );
}
