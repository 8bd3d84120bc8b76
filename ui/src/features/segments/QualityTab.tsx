import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Progress, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import { useSegments } from "@/shared/useSegments";

function Facts({ quality }: { quality: Schemas["SegmentQuality"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { nameOf } = useSegments();
  const lines = [
    t("quality.address", { shown: format.number(quality.with_address), reachable: format.number(quality.reachable) }),
    t("quality.revenue", { share: format.percent(quality.revenue_share) }),
    quality.left !== null &&
      quality.before !== null &&
      t("quality.left", { left: format.number(quality.left), before: format.number(quality.before) }),
    quality.spend_ratio !== null && t("quality.spend", { ratio: format.compact(quality.spend_ratio) }),
  ].filter((line) => typeof line === "string");
  return (
    <ul style={{ margin: 0, paddingLeft: 20 }}>
      {lines.map((line) => (
        <Text key={line} component="li" size="sm" className="number">
          {line}
        </Text>
      ))}
      {quality.nearest !== null && (
        <Text component="li" size="sm">
          {t("quality.nearest", { share: format.percent(quality.likeness) })}{" "}
          <TextLink to="/segments/$segmentId" params={{ segmentId: quality.nearest }} inherit underline="always">
            {nameOf(quality.nearest)}
          </TextLink>
        </Text>
      )}
    </ul>
  );
}

/** The six numbers of the segment's quality, its score and the facts behind them. */
export function QualityTab({ segmentId }: { segmentId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useAnswer({
    key: ["quality", segmentId],
    ask: (signal) =>
      answer(api.GET("/api/segments/{segment_id}/quality", { params: { path: { segment_id: segmentId } }, signal })),
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState lines={6} />;
  return (
    <Stack gap="md">
      <Text fz={24} fw={600} className="number">
        {t("quality.score", { score: data.score })}
      </Text>
      <DataTable
        caption={t("insight.tabs.quality")}
        columns={[
          { key: "label", label: t("quality.criterion"), show: (one) => one.label },
          {
            key: "bar",
            label: t("quality.bar"),
            from: "sm",
            show: (one) => one.value !== null && <Progress value={one.value * 100} size="sm" aria-hidden="true" />,
          },
          {
            key: "value",
            label: t("quality.value"),
            right: true,
            show: (one) => (one.value === null ? t("quality.unknown") : format.percent(one.value)),
          },
        ]}
        rows={data.criteria}
        id={(one) => one.name}
      />
      <Facts quality={data} />
    </Stack>
  );
}
