import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Edges } from "./Edges";
import { GroupDrawer, GroupTable } from "./Groups";
import { RfmGrid } from "./RfmGrid";
import type { Metric } from "./grid";
import { answer, api } from "@/api/client";
import { GridIcon } from "@/icons/icons";
import { Card, Group, SegmentedControl, Stack, Text, Title } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

/** Customers with an order, by how recent and how much: 25 cells, ten groups. */
export function RfmPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const [metric, setMetric] = useState<Metric>("customers");
  const [open, setOpen] = useState<string | null>(null);
  const { data, error, refetch } = useAnswer({
    key: ["rfm"],
    ask: (signal) => answer(api.GET("/api/rfm", { signal })),
  });
  const metrics = (["customers", "revenue", "share"] as const).map((value) => ({
    value,
    label: t(`rfm.metrics.${value}`),
  }));
  const lead =
    data &&
    t("rfm.lead", {
      count: data.customers,
      shown: format.number(data.customers),
      date: format.dateTime(data.as_of),
    });
  return (
    <>
      <PageHead title={t("rfm.title")} lead={lead} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState lines={5} height={88} />}
      {data && data.customers === 0 && (
        <Card>
          <EmptyState icon={GridIcon} title={t("rfm.empty_title")}>
            {t("rfm.empty_text")}
          </EmptyState>
        </Card>
      )}
      {data && data.customers > 0 && (
        <Stack gap="lg">
          <Card>
            <Group justify="space-between" mb="md" gap="sm">
              <Title order={2} size="h3">
                {t("rfm.grid_title")}
              </Title>
              <SegmentedControl
                data={metrics}
                value={metric}
                onChange={(value) => setMetric(value as Metric)}
                aria-label={t("rfm.metric")}
              />
            </Group>
            <RfmGrid grid={data} metric={metric} onOpen={setOpen} />
            {data.prospects > 0 && (
              <Text size="sm" c="dimmed" mt="xs" px={4}>
                {t("rfm.prospects", { count: data.prospects, shown: format.number(data.prospects) })}
              </Text>
            )}
          </Card>
          <Card>
            <Title order={2} size="h3" mb="sm">
              {t("rfm.groups_title")}
            </Title>
            <GroupTable groups={data.groups} onOpen={setOpen} />
          </Card>
          <Edges grid={data} />
          <GroupDrawer group={data.groups.find((group) => group.group === open)} onClose={() => setOpen(null)} />
        </Stack>
      )}
    </>
  );
}
