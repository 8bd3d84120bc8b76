import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Canvas } from "./Canvas";
import { Outline } from "./Outline";
import { StartButton } from "./StartButton";
import { StateBadge } from "./StateBadge";
import { answer, api } from "@/api/client";
import { ReportIcon, WarningIcon } from "@/icons/icons";
import { Alert, Card, Group, List, SegmentedControl, Stack, Table, Text, Title, useMediaQuery } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import { ButtonLink } from "@/shared/links";

function Drawing({ drawing }: { drawing: Schemas["FlowDrawing"] }) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  const [chosen, setChosen] = useState<string | null>(null);
  const view = chosen ?? (narrow ? "outline" : "canvas");
  return (
    <Card>
      <Group justify="space-between" mb="md" gap="sm">
        <Title order={2} size="h3">
          {t("flow.steps")}
        </Title>
        <SegmentedControl
          size="xs"
          value={view}
          onChange={setChosen}
          aria-label={t("flow.view")}
          data={[
            { value: "canvas", label: t("flow.view_canvas") },
            { value: "outline", label: t("flow.view_outline") },
          ]}
        />
      </Group>
      {view === "canvas" ? <Canvas drawing={drawing} /> : <Outline drawing={drawing} />}
    </Card>
  );
}

function Problems({ problems }: { problems: string[] }) {
  const { t } = useTranslation();
  if (problems.length === 0) return null;
  return (
    <Alert color="orange" icon={<WarningIcon />} title={t("flow.problems")}>
      <List size="sm">
        {problems.map((problem) => (
          <List.Item key={problem}>{problem}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

/** Why people left before the end. */
function Exits({ exits }: { exits: Schemas["Exit"][] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (exits.length === 0) return null;
  return (
    <Card>
      <Title order={2} size="h3" mb="xs">
        {t("flow.exits")}
      </Title>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("flow.reason")}</Table.Th>
            <Table.Th ta="right">{t("flow.people")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {exits.map((exit) => (
            <Table.Tr key={exit.reason}>
              <Table.Td>
                <Text size="sm" className="sentence">
                  {exit.sentence}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{format.number(exit.customers)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

/** One flow, drawn with its counts, and started or paused here. */
export function FlowPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { flowId } = useParams({ from: "/flows/$flowId" });
  const { data, error, refetch } = useAnswer({
    key: ["flow", flowId],
    ask: (signal) => answer(api.GET("/api/flows/{flow_id}", { params: { path: { flow_id: flowId } }, signal })),
  });
  return (
    <>
      <PageHead
        title={data?.flow.name ?? t("flows.title")}
        parent={{ to: "/flows", label: t("flows.title") }}
        badge={data && <StateBadge state={data.flow.state} />}
        lead={data?.flow.sentence}
        actions={
          data && (
            <>
              <ButtonLink
                to="/reports"
                search={{ source: `flow:${flowId}` }}
                variant="default"
                leftSection={<ReportIcon />}
              >
                {t("flow.report")}
              </ButtonLink>
              <StartButton drawing={data} />
            </>
          )
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState lines={5} height={104} />}
      {data && (
        <Stack gap="lg">
          <Problems problems={data.problems} />
          <Group gap="xl">
            <Text className="number">
              {t("flows.entered", { count: data.flow.entered, shown: format.number(data.flow.entered) })}
            </Text>
            <Text className="number">
              {t("flows.waiting", { count: data.flow.waiting, shown: format.number(data.flow.waiting) })}
            </Text>
            {data.ticked_until && (
              <Text c="dimmed">{t("flow.ticked", { date: format.dateTime(data.ticked_until) })}</Text>
            )}
          </Group>
          <Drawing drawing={data} />
          <Exits exits={data.exits} />
        </Stack>
      )}
    </>
  );
}
