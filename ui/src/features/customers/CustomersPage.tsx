import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CustomerTable } from "./CustomerTable";
import { answer, api } from "@/api/client";
import { CustomersIcon, SearchIcon } from "@/icons/icons";
import { Button, Card, Center, Group, Select, Stack, TextInput, useDebouncedCallback } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

interface Filters {
  search?: string | undefined;
  segment?: string | undefined;
}

function useCustomers({ search, segment }: Filters) {
  const { i18n } = useTranslation();
  return useInfiniteQuery({
    queryKey: ["customers", search, segment, i18n.language],
    queryFn: ({ pageParam, signal }) =>
      answer(api.GET("/api/customers", { params: { query: { search, segment, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

function SegmentFilter({ segment, onChange }: { segment: string | undefined; onChange: (id?: string) => void }) {
  const { t } = useTranslation();
  const { data } = useAnswer({ key: ["segments"], ask: (signal) => answer(api.GET("/api/segments", { signal })) });
  const choices = data?.segments.map((row) => ({ value: row.segment_id, label: row.name })) ?? [];
  return (
    <Select
      w={{ base: "100%", xs: 280 }}
      data={choices}
      value={segment ?? null}
      onChange={(value) => onChange(value ?? undefined)}
      placeholder={t("customers.all_segments")}
      aria-label={t("customers.segment_filter")}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("customers.clear_segment") }}
      nothingFoundMessage={t("segments.none_found")}
    />
  );
}

/** Search as one types, with a pause, so that each key does not ask the server. */
function SearchBox({ search, onChange }: { search: string; onChange: (words?: string) => void }) {
  const { t } = useTranslation();
  const [words, setWords] = useState(search);
  const [told, setTold] = useState(search);
  if (search !== told) {
    setTold(search);
    if (search !== words.trim()) setWords(search);
  }
  const tell = useDebouncedCallback((value: string) => onChange(value.trim() || undefined), 250);
  return (
    <TextInput
      w={{ base: "100%", xs: 320 }}
      value={words}
      onChange={(event) => {
        setWords(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
      placeholder={t("customers.search")}
      aria-label={t("customers.search_label")}
      leftSection={<SearchIcon size={16} />}
    />
  );
}

/** The shop's customers, by words or by segment. */
export function CustomersPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { search, segment } = useSearch({ from: "/customers" });
  const found = useCustomers({ search, segment });
  const rows = found.data?.pages.flatMap((page) => page.customers);
  const filter = (next: Filters) =>
    void navigate({ to: "/customers", search: { search, segment, ...next }, replace: true });
  const filtered = search !== undefined || segment !== undefined;
  return (
    <>
      <PageHead title={t("customers.title")} lead={t("customers.lead")} />
      <Stack gap="lg">
        <Group gap="sm">
          <SearchBox search={search ?? ""} onChange={(words) => filter({ search: words })} />
          <SegmentFilter segment={segment} onChange={(id) => filter({ segment: id })} />
        </Group>
        {found.error && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
        {!rows && !found.error && <LoadingState lines={10} height={44} />}
        {rows && (
          <Card>
            {rows.length > 0 ? (
              <CustomerTable customers={rows} />
            ) : (
              <EmptyState icon={CustomersIcon} title={t(filtered ? "customers.none_found" : "customers.empty_title")}>
                {t(filtered ? "customers.none_found_text" : "customers.empty_text")}
              </EmptyState>
            )}
            {found.hasNextPage && (
              <Center mt="md">
                <Button variant="default" onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
                  {t("common.load_more")}
                </Button>
              </Center>
            )}
          </Card>
        )}
      </Stack>
    </>
  );
}
