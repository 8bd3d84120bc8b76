import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { AddressCheck } from "./AddressCheck";
import { answer, api, type Schemas } from "@/api/client";
import { UserIcon } from "@/icons/icons";
import { Badge, Button, Group, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Proposal = Schemas["MergeProposal"];
type Entry = Schemas["MergeEntry"];
type Person = Schemas["MergeCustomer"];
type Action = Entry["action"];

function Customer({ one }: { one: Person }) {
  return (
    <>
      <TextLink to="/customers/$customerId" params={{ customerId: one.customer_id }} inherit fw={500}>
        {one.name || one.customer_id}
      </TextLink>
      <Text size="sm" c="dimmed">
        {[one.email, one.phone, one.place, one.source].filter(Boolean).join(" · ")}
      </Text>
    </>
  );
}

interface Deciding {
  busy: string | undefined;
  onDecide: (pair: string, action: Action) => void;
}

function Proposals({ rows, total, busy, onDecide }: Deciding & { rows: Proposal[]; total: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (rows.length === 0) {
    return (
      <EmptyState icon={UserIcon} title={t("merges.none")}>
        {t("merges.none_text")}
      </EmptyState>
    );
  }
  return (
    <>
      {total > rows.length && (
        <Text size="sm" c="dimmed" mb="sm">
          {t("merges.shown", { shown: format.number(rows.length), total: format.number(total) })}
        </Text>
      )}
      <DataTable
        caption={t("merges.proposals")}
        columns={[
          { key: "one", label: t("merges.one"), show: (pair) => <Customer one={pair.one} /> },
          { key: "other", label: t("merges.other"), show: (pair) => <Customer one={pair.other} /> },
          { key: "why", label: t("merges.why"), show: (pair) => pair.why_label, from: "sm" },
          {
            key: "do",
            label: t("merges.decide"),
            right: true,
            show: (pair) => (
              <Group gap="xs" justify="flex-end" wrap="nowrap">
                <Button
                  size="compact-sm"
                  loading={busy === pair.pair_id}
                  onClick={() => onDecide(pair.pair_id, "merged")}
                >
                  {t("merges.merge")}
                </Button>
                <Button size="compact-sm" variant="default" onClick={() => onDecide(pair.pair_id, "refused")}>
                  {t("merges.refuse")}
                </Button>
              </Group>
            ),
          },
        ]}
        rows={rows}
        id={(pair) => pair.pair_id}
      />
    </>
  );
}

function Log({ rows, busy, onDecide }: Deciding & { rows: Entry[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (rows.length === 0) return <Text c="dimmed">{t("merges.log_empty")}</Text>;
  return (
    <DataTable
      caption={t("merges.log")}
      columns={[
        { key: "at", label: t("merges.at"), show: (one) => format.dateTime(one.at), from: "sm" },
        { key: "who", label: t("merges.pair"), show: (one) => `${one.one_id} · ${one.other_id}` },
        {
          key: "action",
          label: t("merges.decision"),
          show: (one) => <Badge color={one.action === "merged" ? "teal" : "gray"}>{one.action_label}</Badge>,
        },
        { key: "why", label: t("merges.why"), show: (one) => one.why_label, from: "md" },
        { key: "by", label: t("merges.by"), show: (one) => one.by, from: "sm" },
        {
          key: "do",
          label: t("merges.decide"),
          right: true,
          show: (one) =>
            one.is_last &&
            one.action === "merged" && (
              <Button
                size="compact-sm"
                variant="default"
                loading={busy === one.pair_id}
                onClick={() => onDecide(one.pair_id, "undone")}
              >
                {t("merges.undo")}
              </Button>
            ),
        },
      ]}
      rows={rows}
      id={(one) => `${one.pair_id} ${one.at} ${one.action}`}
    />
  );
}

/** Customers who may be one person: what is proposed, what was decided, and the way back. */
export function MergesPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, error, refetch } = useAnswer({
    key: ["merges"],
    ask: (signal) => answer(api.GET("/api/merges", { signal })),
  });
  const deciding = useMutation({
    mutationFn: ({ pair, action }: { pair: string; action: Action }) =>
      answer(api.POST("/api/merges/{pair_id}", { params: { path: { pair_id: pair } }, body: { action } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["merges"] }),
  });
  const decide: Deciding = {
    busy: deciding.isPending ? deciding.variables.pair : undefined,
    onDecide: (pair, action) => deciding.mutate({ pair, action }),
  };
  return (
    <>
      <PageHead title={t("merges.title")} lead={t("merges.lead")} />
      <Stack gap="lg">
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {deciding.error && <ErrorState error={deciding.error} />}
        {!data && !error && <LoadingState />}
        {data && (
          <>
            <Section title={t("merges.proposals")} lead={t("merges.proposals_lead")}>
              <Proposals rows={data.proposals} total={data.total} {...decide} />
            </Section>
            <Section title={t("merges.log")} lead={t("merges.log_lead")}>
              <Log rows={data.log} {...decide} />
            </Section>
          </>
        )}
        <AddressCheck />
      </Stack>
    </>
  );
}
