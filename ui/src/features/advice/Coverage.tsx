import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Select, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

const everything = "all";

/** The partitions of which the shop has segments. */
function usePartitions() {
  const { data } = useAnswer({ key: ["library"], ask: (signal) => answer(api.GET("/api/library", { signal })) });
  const rows = data?.families.flatMap((family) => family.rows).filter((row) => row.added.length > 0) ?? [];
  const labels = new Map(rows.map((row) => [row.partition, row.partition_label]));
  return [...labels].flatMap(([value, label]) => (value === null ? [] : [{ value, label: label ?? value }]));
}

/** How many customers are in none, in one and in several of the segments of a partition, or of all. */
export function Coverage() {
  const { t } = useTranslation();
  const format = useFormat();
  const partitions = usePartitions();
  const [chosen, setChosen] = useState(everything);
  const { data, error, refetch } = useAnswer({
    key: ["coverage", chosen],
    ask: (signal) => {
      const query = chosen === everything ? {} : { partition: chosen };
      return answer(api.GET("/api/coverage", { params: { query }, signal }));
    },
    keep: true,
  });
  const parts = data && (["in_none", "in_one", "in_several"] as const).map((part) => ({ part, ...data[part] }));
  return (
    <Section title={t("coverage.title")} lead={t("coverage.lead")}>
      <Stack gap="sm">
        <Select
          label={t("coverage.of")}
          data={[{ value: everything, label: t("coverage.all") }, ...partitions]}
          value={chosen}
          onChange={(value) => setChosen(value ?? everything)}
          allowDeselect={false}
          w={{ base: "100%", xs: 320 }}
        />
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState lines={3} />}
        {data && (
          <Text size="sm" c="dimmed">
            {t("coverage.segments", { count: data.segments.length, shown: format.number(data.segments.length) })}
          </Text>
        )}
        {parts && (
          <DataTable
            caption={t("coverage.title")}
            columns={[
              {
                key: "part",
                label: t("coverage.part"),
                show: ({ part, query, customers }) =>
                  query === null || customers === 0 ? (
                    t(`coverage.parts.${part}`)
                  ) : (
                    <TextLink to="/segments/new" search={{ query, name: t(`coverage.parts.${part}`) }} inherit>
                      {t(`coverage.parts.${part}`)}
                    </TextLink>
                  ),
              },
              {
                key: "customers",
                label: t("segments.size"),
                show: (row) => format.number(row.customers),
                right: true,
              },
              { key: "share", label: t("segments.share"), show: (row) => format.percent(row.share), right: true },
              {
                key: "revenue",
                label: t("common.revenue"),
                show: (row) => format.moneyRounded(row.revenue),
                right: true,
                from: "xs",
              },
            ]}
            rows={parts}
            id={(row) => row.part}
          />
        )}
      </Stack>
    </Section>
  );
}
