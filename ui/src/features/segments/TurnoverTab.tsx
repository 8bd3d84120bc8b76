import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Stays } from "./Stays";
import { causesOf, periodOf, spansOf, type Step, type Turned } from "./turnover";
import { answer, api } from "@/api/client";
import { Chart } from "@/charts/Chart";
import type { Palette } from "@/charts/palette";
import { twoWaysOption } from "@/charts/twoWays";
import { SegmentedControl, Stack, Text, Title } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { dayOf } from "@/shared/format";
import { useFormat, useSigned } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

const steps = ["week", "month"] as const;

function SpanTable({ spans, step, name }: { spans: Turned[]; step: Step; name: (day: string) => string }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable
      caption={t("turnover.title")}
      columns={[
        { key: "span", label: t(`turnover.span_${step}`), show: (one) => name(one.day) },
        { key: "entered", label: t("journal.kinds.entries"), show: (one) => format.number(one.entered), right: true },
        { key: "left", label: t("journal.kinds.exits"), show: (one) => format.number(one.left), right: true },
        {
          key: "change",
          label: t("turnover.change"),
          show: (one) => format.change(one.entered - one.left),
          right: true,
        },
      ]}
      rows={spans}
      id={(one) => one.day}
    />
  );
}

/** What moved people, in a sentence; nothing where nobody moved. */
function Causes({ causes }: { causes: ReturnType<typeof causesOf> }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (causes.length === 0) return null;
  const told = causes.map(({ label, moved }) => t("turnover.cause", { label, shown: format.number(moved) })).join(", ");
  return (
    <Text size="sm" c="dimmed">
      {t("turnover.causes", { told })}
    </Text>
  );
}

function Turnover({ segmentId, step }: { segmentId: string; step: Step }) {
  const { t } = useTranslation();
  const { session, format } = useSigned();
  const { first, end } = periodOf(dayOf(new Date().toISOString(), session.shop?.zone ?? "UTC"), step);
  const { data, error, refetch } = useAnswer({
    key: ["turnover", segmentId, step, first],
    ask: (signal) =>
      answer(
        api.GET("/api/segments/{segment_id}/turnover", {
          params: { path: { segment_id: segmentId }, query: { from: first, to: end, step } },
          signal,
        }),
      ),
  });
  const spans = useMemo(() => spansOf(first, step, data?.rows ?? []), [first, step, data]);
  const name = useCallback((day: string) => (step === "month" ? format.month(day) : format.date(day)), [format, step]);
  const option = useCallback(
    (palette: Palette) =>
      twoWaysOption(
        spans.map((span) => ({ at: span.day, up: span.entered, down: span.left })),
        {
          up: t("journal.kinds.entries"),
          down: t("journal.kinds.exits"),
          span: name,
          axis: (value) => format.compact(Math.abs(value)),
          value: format.number,
        },
        palette,
      ),
    [spans, name, format, t],
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState lines={4} />;
  const sum = (figure: "entered" | "left") => spans.reduce((total, span) => total + span[figure], 0);
  const told = t("turnover.told", {
    entered: format.number(sum("entered")),
    left: format.number(sum("left")),
    from: format.date(first),
  });
  return (
    <>
      <Text>{told}</Text>
      <Causes causes={causesOf(data.rows)} />
      <Chart label={told} option={option} table={<SpanTable spans={spans} step={step} name={name} />} height={240} />
    </>
  );
}

/** How many entered and left in each week or month, how long people stay, and how many are stuck. */
export function TurnoverTab({ segmentId }: { segmentId: string }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<Step>("month");
  return (
    <Stack gap="xl">
      <Stack gap="sm">
        <SegmentedControl
          size="xs"
          style={{ alignSelf: "flex-start" }}
          data={steps.map((value) => ({ value, label: t(`turnover.steps.${value}`) }))}
          value={step}
          onChange={(value) => setStep(value as Step)}
          aria-label={t("turnover.step")}
        />
        <Turnover segmentId={segmentId} step={step} />
      </Stack>
      <section aria-label={t("stays.title")}>
        <Title order={2} size="h4" mb="sm">
          {t("stays.title")}
        </Title>
        <Stays segmentId={segmentId} />
      </section>
    </Stack>
  );
}
