import { useTranslation } from "react-i18next";
import { StateBadge } from "./StateBadge";
import { answer, api } from "@/api/client";
import { FlowIcon } from "@/icons/icons";
import { Card, Group, SimpleGrid, Text, Title } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import { TextLink } from "@/shared/links";

function FlowCard({ flow }: { flow: Schemas["FlowRow"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card>
      <Group justify="space-between" wrap="nowrap" mb={4} align="flex-start">
        <Title order={2} size="h3">
          <TextLink to="/flows/$flowId" params={{ flowId: flow.flow_id }} inherit>
            {flow.name}
          </TextLink>
        </Title>
        <StateBadge state={flow.state} />
      </Group>
      <Text size="sm" c="dimmed" mb="md">
        {flow.sentence}
      </Text>
      <Group gap="xl">
        <Text size="sm" className="number">
          {t("flows.entered", { count: flow.entered, shown: format.number(flow.entered) })}
        </Text>
        <Text size="sm" className="number">
          {t("flows.waiting", { count: flow.waiting, shown: format.number(flow.waiting) })}
        </Text>
        {flow.activated_at && (
          <Text size="sm" c="dimmed">
            {t("flows.active_since", { date: format.date(flow.activated_at) })}
          </Text>
        )}
      </Group>
    </Card>
  );
}

/** All flows with their state and how many people are in them. */
export function FlowsPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnswer({
    key: ["flows"],
    ask: (signal) => answer(api.GET("/api/flows", { signal })),
  });
  return (
    <>
      <PageHead title={t("flows.title")} lead={t("flows.lead")} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState lines={3} height={120} />}
      {data?.length === 0 && (
        <Card>
          <EmptyState icon={FlowIcon} title={t("flows.empty_title")}>
            {t("flows.empty_text")}
          </EmptyState>
        </Card>
      )}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        {data?.map((flow) => (
          <FlowCard key={flow.flow_id} flow={flow} />
        ))}
      </SimpleGrid>
    </>
  );
}
