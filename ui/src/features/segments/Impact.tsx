import { useTranslation } from "react-i18next";
import { Sample } from "./Sample";
import { answer, api } from "@/api/client";
import { Alert, SimpleGrid, Stack, Text, Title, useDebouncedValue } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

interface ImpactProps {
  segmentId: string;
  query: string;
  asShopify: boolean;
}

const sides = ["stays", "enters", "leaves"] as const;

function Figure({ label, group }: { label: string; group: Schemas["ImpactGroup"] }) {
  const format = useFormat();
  return (
    <div>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={24} fw={600} className="number">
        {format.number(group.count)}
      </Text>
      <Text size="sm" c="dimmed" className="number">
        {format.percent(group.share)} · {format.moneyRounded(group.revenue)}
      </Text>
    </div>
  );
}

/** Who would stay, enter and leave if the query were saved as it stands. */
export function Impact({ segmentId, query, asShopify }: ImpactProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [settled] = useDebouncedValue(query, 500);
  const { data, error, refetch } = useAnswer({
    key: ["impact", segmentId, settled, asShopify],
    ask: (signal) =>
      answer(
        api.POST("/api/segments/{segment_id}/impact", {
          params: { path: { segment_id: segmentId } },
          body: { query: settled, as_shopify: asShopify },
          signal,
        }),
      ),
    enabled: settled.trim() !== "",
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState lines={3} height={48} />;
  if (data.fault) return <Alert color="orange">{data.fault.message}</Alert>;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {data.against === "query" ? t("impact.against_query") : t("impact.against_members")}{" "}
        {t("common.as_of", { date: format.dateTime(data.as_of) })}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        {sides.map((side) => {
          const group = data[side];
          return group && <Figure key={side} label={t(`impact.sides.${side}`)} group={group} />;
        })}
      </SimpleGrid>
      {(["enters", "leaves"] as const).map((side) => {
        const group = data[side];
        if (!group || group.count === 0) return null;
        return (
          <section key={side}>
            <Title order={3} size="h4" mb="xs">
              {t(`impact.sides.${side}`)}
            </Title>
            <Sample members={group.sample} />
          </section>
        );
      })}
    </Stack>
  );
}
