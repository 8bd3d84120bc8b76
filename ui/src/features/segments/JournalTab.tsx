import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { ClockIcon } from "@/icons/icons";
import { Button, Center, SegmentedControl, Stack, Text } from "@/kit/kit";
import { DataTable, type Column } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";

type Entry = Schemas["JournalRow"];

const kinds = { all: undefined, entries: true, exits: false } as const;

function useJournal(segmentId: string, kind: keyof typeof kinds) {
  const { i18n } = useTranslation();
  return useInfiniteQuery({
    queryKey: ["journal", segmentId, kind, i18n.language],
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET("/api/segments/{segment_id}/journal", {
          params: { path: { segment_id: segmentId }, query: { cursor: pageParam, entered: kinds[kind] } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

function useColumns(): Column<Entry>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "customer",
      label: t("common.customer"),
      show: (one) => (
        <TextLink to="/customers/$customerId" params={{ customerId: one.customer_id }} inherit>
          {one.name || one.customer_id}
        </TextLink>
      ),
    },
    {
      key: "what",
      label: t("journal.what"),
      show: (one) => (
        <>
          {one.entered ? t("journal.entered") : t("journal.left")}
          <Text size="sm" c="dimmed" className="sentence">
            {one.why}
          </Text>
        </>
      ),
    },
    { key: "at", label: t("journal.at"), show: (one) => format.dateTime(one.at), right: true },
  ];
}

/** Who entered and left, when and why, the newest first. */
export function JournalTab({ segmentId }: { segmentId: string }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<keyof typeof kinds>("all");
  const columns = useColumns();
  const found = useJournal(segmentId, kind);
  const entries = found.data?.pages.flatMap((page) => page.entries);
  const choices = Object.keys(kinds).map((value) => ({ value, label: t(`journal.kinds.${value}`) }));
  return (
    <Stack gap="sm" align="stretch">
      <SegmentedControl
        size="xs"
        style={{ alignSelf: "flex-start" }}
        data={choices}
        value={kind}
        onChange={(value) => setKind(value as keyof typeof kinds)}
        aria-label={t("journal.filter")}
      />
      {found.error && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {!entries && !found.error && <LoadingState />}
      {entries?.length === 0 && (
        <EmptyState icon={ClockIcon} title={t("journal.none")}>
          {t("journal.none_text")}
        </EmptyState>
      )}
      {entries && entries.length > 0 && (
        <DataTable
          caption={t("insight.tabs.journal")}
          columns={columns}
          rows={entries}
          id={(one) => `${one.customer_id} ${one.recorded_at} ${String(one.entered)}`}
        />
      )}
      {found.hasNextPage && (
        <Center>
          <Button variant="default" onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
            {t("common.load_more")}
          </Button>
        </Center>
      )}
    </Stack>
  );
}
