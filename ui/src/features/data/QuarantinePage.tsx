import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { QuarantineItem } from "./QuarantineItem";
import { answer, api, type Schemas } from "@/api/client";
import { CheckIcon } from "@/icons/icons";
import { Alert, Button, Card, Modal, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Item = Schemas["QuarantineItem"];

function Items({ rows, onOpen }: { rows: Item[]; onOpen: (item: Item) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable
      caption={t("quarantine.title")}
      columns={[
        {
          key: "what",
          label: t("quarantine.message"),
          show: (one) => (
            <>
              {one.topic}
              <Text size="sm" c="dimmed">
                {one.source}
              </Text>
            </>
          ),
        },
        { key: "why", label: t("quarantine.why"), show: (one) => one.why },
        {
          key: "at",
          label: t("quarantine.received"),
          right: true,
          from: "sm",
          show: (one) => format.dateTime(one.received_at),
        },
        {
          key: "do",
          label: t("quarantine.repair"),
          right: true,
          show: (one) => (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onOpen(one)}
              aria-label={t("quarantine.open_label", { item: one.item_id })}
            >
              {t("quarantine.open")}
            </Button>
          ),
        },
      ]}
      rows={rows}
      id={(one) => String(one.item_id)}
    />
  );
}

/** What could not be read, from senders who are known: looked at, repaired, let in or dropped. */
export function QuarantinePage() {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const [opened, setOpened] = useState<Item | null>(null);
  const [before, setBefore] = useState<number | null>(null);
  const { data, error, refetch } = useAnswer({
    key: ["quarantine", "page", before],
    ask: (signal) => answer(api.GET("/api/quarantine", { params: { query: { before } }, signal })),
    keep: true,
  });
  const replaying = useMutation({
    mutationFn: () => answer(api.POST("/api/quarantine/replay", { body: { source: null } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["quarantine"] }),
  });
  const failure = error ?? replaying.error;
  const everything = (
    <Button variant="default" loading={replaying.isPending} onClick={() => replaying.mutate()}>
      {t("quarantine.replay_all")}
    </Button>
  );
  return (
    <>
      <PageHead
        title={t("quarantine.title")}
        lead={t("quarantine.lead")}
        actions={data && data.total > 0 ? everything : undefined}
      />
      {failure && <ErrorState error={failure} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      <Stack gap="lg">
        {replaying.data && (
          <Alert color="teal" role="status">
            {t("quarantine.replayed", { count: replaying.data.replayed, left: replaying.data.left })}
          </Alert>
        )}
        {data && (
          <Card>
            {data.items.length === 0 ? (
              <EmptyState icon={CheckIcon} title={t("quarantine.none")}>
                {t("quarantine.none_text")}
              </EmptyState>
            ) : (
              <>
                <Text size="sm" c="dimmed" mb="sm">
                  {t("quarantine.waiting", { count: data.total, size: format.number(Math.ceil(data.size / 1000)) })}
                </Text>
                <Items rows={data.items} onOpen={setOpened} />
                {data.next_before !== null && (
                  <Button mt="md" variant="default" onClick={() => setBefore(data.next_before)}>
                    {t("quarantine.older")}
                  </Button>
                )}
              </>
            )}
          </Card>
        )}
      </Stack>
      <Modal
        opened={opened !== null}
        onClose={() => setOpened(null)}
        size="xl"
        title={opened && t("quarantine.item_title", { topic: opened.topic, source: opened.source })}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {opened && <QuarantineItem itemId={opened.item_id} onDone={() => setOpened(null)} />}
      </Modal>
    </>
  );
}
