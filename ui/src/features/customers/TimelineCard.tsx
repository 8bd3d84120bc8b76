import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { groupByDay, type EntryKind } from "./days";
import { answer, api } from "@/api/client";
import {
  CartIcon,
  ClickIcon,
  ClockIcon,
  FlowIcon,
  MailIcon,
  RefundIcon,
  SegmentsIcon,
  SessionIcon,
  ShieldIcon,
  type Icon,
} from "@/icons/icons";
import { Button, Card, Center, Group, SegmentedControl, Stack, Text, Title } from "@/kit/kit";
import { useFormat, useSigned } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";

const icons: Record<EntryKind, Icon> = {
  order: CartIcon,
  refund: RefundIcon,
  message: MailIcon,
  segment: SegmentsIcon,
  consent: ShieldIcon,
  session: SessionIcon,
  click: ClickIcon,
  flow: FlowIcon,
};

const filters: Record<string, EntryKind[]> = {
  all: ["order", "refund", "message", "segment", "consent", "session", "click", "flow"],
  orders: ["order", "refund"],
  messages: ["message", "click", "flow", "consent"],
  visits: ["session"],
  segments: ["segment"],
};

function EntryLine({ entry }: { entry: Schemas["Entry"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const Mark = icons[entry.kind];
  return (
    <Group component="li" wrap="nowrap" align="flex-start" gap="sm" py={8} style={{ listStyle: "none" }}>
      <Center
        w={32}
        h={32}
        bdrs={16}
        bg="var(--c-sunken)"
        c="var(--c-muted)"
        style={{ flex: "none" }}
        title={t(`customer.kinds.${entry.kind}`)}
      >
        <Mark size={17} />
      </Center>
      <div style={{ flex: 1, minWidth: 0, overflowWrap: "anywhere" }}>
        <Text size="sm" fw={500}>
          {entry.title}
        </Text>
        {entry.detail && (
          <Text size="sm" c="dimmed">
            {entry.detail}
          </Text>
        )}
      </div>
      <Stack gap={0} align="flex-end">
        {entry.money && (
          <Text size="sm" className="number" fw={500}>
            {format.money(entry.money)}
          </Text>
        )}
        <Text size="sm" c="dimmed" component="time" dateTime={entry.at} className="number">
          {format.time(entry.at)}
        </Text>
      </Stack>
    </Group>
  );
}

function useTimeline(customerId: string) {
  const { i18n } = useTranslation();
  return useInfiniteQuery({
    queryKey: ["timeline", customerId, i18n.language],
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET("/api/customers/{customer_id}/timeline", {
          params: { path: { customer_id: customerId }, query: { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** What happened to a customer, day by day, newest first. */
export function TimelineCard({ customerId }: { customerId: string }) {
  const { t } = useTranslation();
  const { session, format } = useSigned();
  const [filter, setFilter] = useState("all");
  const found = useTimeline(customerId);
  const entries = found.data?.pages.flatMap((page) => page.entries);
  const wanted = entries?.filter((entry) => filters[filter]?.includes(entry.kind)) ?? [];
  const choices = Object.keys(filters).map((value) => ({ value, label: t(`customer.filters.${value}`) }));
  return (
    <Card component="section" aria-label={t("customer.timeline")}>
      <Group justify="space-between" mb="sm" gap="sm">
        <Title order={2} size="h3">
          {t("customer.timeline")}
        </Title>
        <div style={{ overflowX: "auto", maxWidth: "100%" }}>
          <SegmentedControl
            size="xs"
            data={choices}
            value={filter}
            onChange={setFilter}
            aria-label={t("customer.filter")}
          />
        </div>
      </Group>
      {found.error && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {!entries && !found.error && <LoadingState lines={6} />}
      {entries && wanted.length === 0 && (
        <EmptyState icon={ClockIcon} title={t("customer.timeline_none")}>
          {t("customer.timeline_none_text")}
        </EmptyState>
      )}
      {groupByDay(wanted, session.shop?.zone ?? "UTC").map(({ day, entries: ofDay }) => (
        <section key={day}>
          <Text component="h3" size="sm" fw={600} c="dimmed" mt="md" mb={2}>
            {format.longDate(day)}
          </Text>
          <ul style={{ margin: 0, padding: 0 }}>
            {ofDay.map((entry, index) => (
              <EntryLine key={`${entry.at} ${entry.kind} ${index}`} entry={entry} />
            ))}
          </ul>
        </section>
      ))}
      {found.hasNextPage && (
        <Center mt="md">
          <Button variant="default" onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
            {t("customer.earlier")}
          </Button>
        </Center>
      )}
    </Card>
  );
}
