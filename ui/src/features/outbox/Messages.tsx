import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Alert, Button, Card, Group, Stack, Text } from "@/kit/kit";
import { DataTable, type Column } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Line = Schemas["OutboxLine"];
type Choice = Schemas["Decision"]["decision"];

const choices: Choice[] = ["accepted", "send_again", "give_up"];

function When({ line }: { line: Line }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (line.retry_at && line.state === "deferred") return t("outbox.retry", { date: format.dateTime(line.retry_at) });
  return format.dateTime(line.settled_at ?? line.doubt_at ?? line.planned_at);
}

/** What a person may say of a message in doubt. */
function Decide({ line, onChoose }: { line: Line; onChoose: (choice: Choice) => void }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} justify="flex-end">
      {choices.map((choice) => (
        <Button
          key={choice}
          size="compact-sm"
          variant="default"
          onClick={() => onChoose(choice)}
          aria-label={t("outbox.decide_label", { choice: t(`outbox.decisions.${choice}`), customer: line.customer })}
        >
          {t(`outbox.decisions.${choice}`)}
        </Button>
      ))}
    </Group>
  );
}

function Lines({ rows, state }: { rows: Line[]; state: Line["state"] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const decide = useMutation({
    mutationFn: ({ line, choice }: { line: Line; choice: Choice }) =>
      answer(api.POST("/api/outbox/doubts", { body: { messages: [line.outbox_id], decision: choice } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["outbox"] }),
  });
  const columns: Column<Line>[] = [
    {
      key: "who",
      label: t("outbox.customer"),
      show: (one) => (
        <>
          <TextLink to="/customers/$customerId" params={{ customerId: one.customer_id }} inherit>
            {one.customer}
          </TextLink>
          <Text size="sm" c="dimmed">
            {one.source_name} · {one.step_name}
          </Text>
        </>
      ),
    },
    {
      key: "why",
      label: t("outbox.why"),
      show: (one) => (
        <>
          {one.sentence}
          <Text size="sm" c="dimmed">
            {[one.provider, one.reply].filter(Boolean).join(" · ")}
          </Text>
        </>
      ),
    },
    { key: "when", label: t("outbox.when"), right: true, from: "sm", show: (one) => <When line={one} /> },
  ];
  if (state === "in_doubt")
    columns.push({
      key: "decide",
      label: t("outbox.decide"),
      right: true,
      show: (one) => <Decide line={one} onChoose={(choice) => decide.mutate({ line: one, choice })} />,
    });
  return (
    <Stack gap="md">
      {decide.error && <ErrorState error={decide.error} />}
      <Card>
        <DataTable
          caption={t(`outbox.states.${state}`)}
          columns={columns}
          rows={rows}
          id={(one) => String(one.outbox_id)}
        />
      </Card>
    </Stack>
  );
}

/** The messages in one state, newest first. */
export function Messages({ state }: { state: Line["state"] }) {
  const { t } = useTranslation();
  const [cursor, setCursor] = useState<string | null>(null);
  const { data, error, refetch } = useAnswer({
    key: ["outbox", "messages", state, cursor],
    ask: (signal) => answer(api.GET("/api/outbox/messages", { params: { query: { state, cursor } }, signal })),
    keep: true,
  });
  return (
    <>
      <PageHead
        title={t(`outbox.states.${state}`)}
        parent={{ to: "/outbox", label: t("outbox.title") }}
        lead={t(`outbox.means.${state}`)}
      />
      {state === "in_doubt" && (
        <Alert color="blue" mb="md" title={t("outbox.doubt_title")}>
          {t("outbox.doubt_text")}
        </Alert>
      )}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && <Lines rows={data.messages} state={state} />}
      {data?.next_cursor && (
        <Button mt="md" variant="default" onClick={() => setCursor(data.next_cursor)}>
          {t("outbox.older")}
        </Button>
      )}
    </>
  );
}
