import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Messages } from "./Messages";
import { answer, api } from "@/api/client";
import { Alert, Badge, Button, Card, Stack, Text, Title } from "@/kit/kit";
import { DataTable, type Column } from "@/shared/DataTable";
import { mailboxName } from "@/shared/mailboxes";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Overview = Schemas["OutboxOverview"];
type StateCount = Schemas["StateCount"];
type Dead = Schemas["DeadKind"];
type Slowed = Schemas["Slowed"];

function useActs() {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["outbox"] });
  const resend = useMutation({
    mutationFn: ({ source, reason }: Dead) => answer(api.POST("/api/outbox/again", { body: { source, reason } })),
    onSuccess: again,
  });
  const lift = useMutation({
    mutationFn: (mailbox: string) =>
      answer(api.POST("/api/outbox/mailboxes/{mailbox}/lift", { params: { path: { mailbox } } })),
    onSuccess: again,
  });
  const resume = useMutation({
    mutationFn: (channel: Schemas["Route"]["channel"]) =>
      answer(api.POST("/api/outbox/routes/{channel}/resume", { params: { path: { channel } } })),
    onSuccess: again,
  });
  const release = useMutation({
    mutationFn: (source: string) => answer(api.POST("/api/outbox/release", { body: { source } })),
    onSuccess: again,
  });
  return { resend, lift, resume, release };
}

/** Every state with its count; a row opens the messages behind it. */
function States({ data, onOpen }: { data: Overview; onOpen: (state: StateCount["state"]) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns: Column<StateCount>[] = [
    {
      key: "state",
      label: t("outbox.state"),
      show: (one) => (
        <>
          {t(`outbox.states.${one.state}`)}
          <Text size="sm" c="dimmed">
            {t(`outbox.means.${one.state}`)}
          </Text>
        </>
      ),
    },
    { key: "count", label: t("outbox.count"), right: true, show: (one) => format.number(one.count) },
    {
      key: "oldest",
      label: t("outbox.oldest"),
      right: true,
      from: "sm",
      show: (one) => (one.oldest ? format.dateTime(one.oldest) : ""),
    },
    {
      key: "open",
      label: t("outbox.messages"),
      right: true,
      show: (one) =>
        one.count > 0 && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => onOpen(one.state)}
            aria-label={t("outbox.open_label", { state: t(`outbox.states.${one.state}`) })}
          >
            {t("outbox.open")}
          </Button>
        ),
    },
  ];
  return <DataTable caption={t("outbox.title")} columns={columns} rows={data.states} id={(one) => one.state} />;
}

function DeadLetters({ rows, onAgain }: { rows: Dead[]; onAgain: (one: Dead) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns: Column<Dead>[] = [
    {
      key: "why",
      label: t("outbox.why"),
      show: (one) => (
        <>
          {one.sentence}
          <Text size="sm" c="dimmed">
            {one.source}
          </Text>
        </>
      ),
    },
    { key: "count", label: t("outbox.count"), right: true, show: (one) => format.number(one.count) },
    {
      key: "again",
      label: t("outbox.again"),
      right: true,
      show: (one) => (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => onAgain(one)}
          aria-label={t("outbox.again_label", { why: one.sentence, source: one.source })}
        >
          {t("outbox.again")}
        </Button>
      ),
    },
  ];
  return (
    <DataTable
      caption={t("outbox.dead")}
      columns={columns}
      rows={rows}
      id={(one) => `${one.source} ${one.channel} ${one.state} ${one.reason}`}
    />
  );
}

function SlowedProviders({ rows, onLift }: { rows: Slowed[]; onLift: (mailbox: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns: Column<Slowed>[] = [
    {
      key: "mailbox",
      label: t("outbox.mailbox"),
      show: (one) => (
        <>
          {mailboxName(one.mailbox)}
          <Text size="sm" c="dimmed">
            {one.reason}
          </Text>
        </>
      ),
    },
    {
      key: "until",
      label: t("outbox.until"),
      right: true,
      show: (one) => {
        const until = one.suspended_until ?? one.slowed_until;
        return until ? format.dateTime(until) : "";
      },
    },
    {
      key: "lift",
      label: t("outbox.lift"),
      right: true,
      show: (one) => (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => onLift(one.mailbox)}
          aria-label={t("outbox.lift_label", { mailbox: mailboxName(one.mailbox) })}
        >
          {t("outbox.lift")}
        </Button>
      ),
    },
  ];
  return <DataTable caption={t("outbox.slowed")} columns={columns} rows={rows} id={(one) => one.mailbox} />;
}

/** What holds messages up as a whole: ways out that refuse us, sources on hold. */
function Obstacles({ data, acts }: { data: Overview; acts: ReturnType<typeof useActs> }) {
  const { t } = useTranslation();
  return (
    <>
      {data.routes
        .filter((one) => one.stopped_at)
        .map((one) => (
          <Alert key={one.channel} color="red" title={t("outbox.stopped", { provider: one.provider })}>
            <Text mb="sm">{one.stop_reason}</Text>
            <Button size="compact-sm" variant="default" onClick={() => acts.resume.mutate(one.channel)}>
              {t("outbox.resume")}
            </Button>
          </Alert>
        ))}
      {data.held.map((source) => (
        <Alert key={source} color="yellow" title={t("outbox.held", { source })}>
          <Button size="compact-sm" variant="default" onClick={() => acts.release.mutate(source)}>
            {t("outbox.release")}
          </Button>
        </Alert>
      ))}
    </>
  );
}

function Whole({ data }: { data: Overview }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const acts = useActs();
  const error = acts.resend.error ?? acts.lift.error ?? acts.resume.error ?? acts.release.error;
  return (
    <Stack gap="lg">
      {error && <ErrorState error={error} />}
      <Obstacles data={data} acts={acts} />
      <Card>
        <Text mb="md">
          {t(data.conserved ? "outbox.conserved" : "outbox.broken", { planned: format.number(data.planned) })}
        </Text>
        <States data={data} onOpen={(state) => void navigate({ to: "/outbox", search: { state } })} />
      </Card>
      {data.dead.length > 0 && (
        <Card>
          <Title order={2} size="h3" mb="sm">
            {t("outbox.dead")}
          </Title>
          <Text c="dimmed" mb="md">
            {t("outbox.dead_text")}
          </Text>
          <DeadLetters rows={data.dead} onAgain={(one) => acts.resend.mutate(one)} />
        </Card>
      )}
      {data.slowed.length > 0 && (
        <Card>
          <Title order={2} size="h3" mb="md">
            {t("outbox.slowed")}
          </Title>
          <SlowedProviders rows={data.slowed} onLift={(mailbox) => acts.lift.mutate(mailbox)} />
        </Card>
      )}
    </Stack>
  );
}

/** What became of every planned message: each is in exactly one state. */
export function OutboxPage() {
  const { t } = useTranslation();
  const { state } = useSearch({ from: "/outbox" });
  const { data, error, refetch } = useAnswer({
    key: ["outbox", "overview"],
    ask: (signal) => answer(api.GET("/api/outbox", { signal })),
    every: 5_000,
  });
  const doubts = data?.states.find((one) => one.state === "in_doubt")?.count ?? 0;
  if (state) return <Messages state={state} />;
  return (
    <>
      <PageHead
        title={t("outbox.title")}
        lead={t("outbox.lead")}
        badge={doubts > 0 && <Badge color="orange">{t("outbox.doubts", { count: doubts })}</Badge>}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && <Whole data={data} />}
    </>
  );
}
