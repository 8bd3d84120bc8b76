import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Button, Center, MultiSelect, Stack } from "@/kit/kit";
import { DataTable, type Column } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import { useSegments } from "@/shared/useSegments";

type Pair = Schemas["OverlapPair"];

const page = 15;

function usePairColumns(nameOf: (segmentId: string) => string): Column<Pair>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const link = (segmentId: string, share: number) => (
    <>
      <TextLink to="/segments/$segmentId" params={{ segmentId }} inherit>
        {nameOf(segmentId)}
      </TextLink>
      <br />
      {t("overlap.of_its", { share: format.percent(share) })}
    </>
  );
  return [
    { key: "first", label: t("overlap.first"), show: (pair) => link(pair.first, pair.share_of_first) },
    { key: "second", label: t("overlap.second"), show: (pair) => link(pair.second, pair.share_of_second) },
    { key: "customers", label: t("overlap.shared"), show: (pair) => format.number(pair.customers), right: true },
    {
      key: "likeness",
      label: t("overlap.likeness"),
      show: (pair) => format.percent(pair.jaccard),
      right: true,
      from: "xs",
    },
  ];
}

/** Which segments share customers: pairs, the most alike first, and the most frequent combinations. */
export function Overlap() {
  const { t } = useTranslation();
  const format = useFormat();
  const { choices, nameOf } = useSegments();
  const [chosen, setChosen] = useState<string[]>([]);
  const [shown, setShown] = useState(page);
  const columns = usePairColumns(nameOf);
  const { data, error, refetch } = useAnswer({
    key: ["overlap", chosen],
    ask: (signal) =>
      answer(api.GET("/api/overlap", { params: { query: chosen.length ? { segments: chosen } : {} }, signal })),
    keep: true,
  });
  return (
    <Section title={t("overlap.title")} lead={t("overlap.lead")}>
      <Stack gap="sm">
        <MultiSelect
          label={t("overlap.of")}
          data={choices}
          value={chosen}
          onChange={setChosen}
          placeholder={chosen.length ? undefined : t("coverage.all")}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("overlap.clear") }}
          w={{ base: "100%", md: 480 }}
        />
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState />}
        {data && (
          <DataTable
            caption={t("overlap.title")}
            columns={columns}
            rows={data.pairs.slice(0, shown)}
            id={(pair) => `${pair.first} ${pair.second}`}
          />
        )}
        {data && data.pairs.length > shown && (
          <Center>
            <Button variant="default" onClick={() => setShown(shown + page)}>
              {t("common.load_more")}
            </Button>
          </Center>
        )}
        {data && data.combinations.length > 0 && (
          <DataTable
            caption={t("overlap.combinations")}
            columns={[
              {
                key: "segments",
                label: t("overlap.combination"),
                show: (one) => one.segments.map(nameOf).join(" + "),
              },
              { key: "customers", label: t("segments.size"), show: (one) => format.number(one.customers), right: true },
            ]}
            rows={data.combinations.slice(0, page)}
            id={(one) => one.segments.join(" ")}
          />
        )}
      </Stack>
    </Section>
  );
}
