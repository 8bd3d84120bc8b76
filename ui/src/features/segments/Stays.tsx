import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Stack, Text, TextInput, useDebouncedValue } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Spell = Schemas["SpellFigures"];

/** How long people stay, and how many members are stuck for more than so many days. */
export function Stays({ segmentId }: { segmentId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [days, setDays] = useState("180");
  const [settled] = useDebouncedValue(days, 300);
  const wanted = /^\d{1,5}$/.test(settled) ? Number(settled) : 180;
  const { data, error, refetch } = useAnswer({
    key: ["stays", segmentId, wanted],
    ask: (signal) =>
      answer(
        api.GET("/api/segments/{segment_id}/stays", {
          params: { path: { segment_id: segmentId }, query: { days: wanted } },
          signal,
        }),
      ),
    keep: true,
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState lines={4} />;
  const inDays = (value: number | null) => (value === null ? "–" : format.number(value));
  const rows: { name: string; spell: Spell }[] = [
    { name: t("stays.completed"), spell: data.completed },
    { name: t("stays.current"), spell: data.current },
  ];
  return (
    <Stack gap="md">
      <DataTable
        caption={t("stays.title")}
        columns={[
          { key: "name", label: t("stays.kind"), show: (row) => row.name },
          { key: "stays", label: t("stays.count"), show: (row) => format.number(row.spell.stays), right: true },
          { key: "median", label: t("stays.median"), show: (row) => inDays(row.spell.median), right: true },
          { key: "mean", label: t("stays.mean"), show: (row) => inDays(row.spell.mean), right: true, from: "sm" },
          { key: "p90", label: t("stays.nine_in_ten"), show: (row) => inDays(row.spell.p90), right: true, from: "sm" },
        ]}
        rows={rows}
        id={(row) => row.name}
      />
      {data.imported > 0 && (
        <Text size="sm" c="dimmed">
          {t("stays.imported", { count: data.imported, shown: format.number(data.imported) })}
        </Text>
      )}
      <TextInput
        label={t("stays.days")}
        inputMode="numeric"
        maw={220}
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
      />
      <Text className="number">
        {t("stays.stuck", {
          count: data.stuck.stuck,
          shown: format.number(data.stuck.stuck),
          share: format.percent(data.stuck.share),
          days: format.number(data.stuck.days),
        })}
      </Text>
    </Stack>
  );
}
