import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PeopleFields, isNamed, noNaming, peopleOf } from "./PeopleFields";
import { Rejected } from "./Rejected";
import { answer, api } from "@/api/client";
import { TrashIcon } from "@/icons/icons";
import { Badge, Button, Center, Group, Modal, Stack, Text, TextInput, useDisclosure } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { ExportForm } from "@/shared/ExportForm";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Row = Schemas["ListRow"];

function useMembers(listId: string) {
  return useInfiniteQuery({
    queryKey: ["lists", listId, "members"],
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET("/api/lists/{list_id}/members", {
          params: { path: { list_id: listId }, query: { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

function Members({ listId }: { listId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const found = useMembers(listId);
  const members = found.data?.pages.flatMap((page) => page.members);
  return (
    <Section title={t("lists.members")}>
      {found.error && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {!members && !found.error && <LoadingState />}
      {members?.length === 0 && <Text c="dimmed">{t("lists.nobody")}</Text>}
      {members && members.length > 0 && (
        <DataTable
          caption={t("lists.members")}
          columns={[
            {
              key: "customer",
              label: t("common.customer"),
              show: (one) => (
                <TextLink to="/customers/$customerId" params={{ customerId: one.customer_id }} inherit>
                  {one.name}
                </TextLink>
              ),
            },
            { key: "email", label: t("lists.email"), show: (one) => one.email ?? "–", from: "sm" },
            { key: "orders", label: t("common.orders"), show: (one) => format.number(one.orders), right: true },
            { key: "spent", label: t("common.spent"), show: (one) => format.money(one.spent), right: true },
          ]}
          rows={members}
          id={(one) => one.customer_id}
        />
      )}
      {found.hasNextPage && (
        <Center mt="md">
          <Button variant="default" onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
            {t("common.load_more")}
          </Button>
        </Center>
      )}
    </Section>
  );
}

/** Puts people on the list, or takes them off. A snapshot stays as it was taken. */
function Change({ listId }: { listId: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [naming, setNaming] = useState(noNaming);
  const change = useMutation({
    mutationFn: async (add: boolean) => {
      const asked = { params: { path: { list_id: listId } }, body: await peopleOf(naming) };
      return answer(
        add ? api.POST("/api/lists/{list_id}/members", asked) : api.POST("/api/lists/{list_id}/members/remove", asked),
      );
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["lists"] }),
  });
  return (
    <Section title={t("lists.change")}>
      <Stack gap="md">
        {change.error && <ErrorState error={change.error} />}
        {change.data && <Rejected change={change.data} />}
        <PeopleFields naming={naming} onChange={setNaming} />
        <Group gap="sm">
          <Button disabled={!isNamed(naming)} loading={change.isPending} onClick={() => change.mutate(true)}>
            {t("lists.put_on")}
          </Button>
          <Button
            variant="default"
            disabled={!isNamed(naming)}
            loading={change.isPending}
            onClick={() => change.mutate(false)}
          >
            {t("lists.take_off")}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}

function Rename({ list }: { list: Row }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(list.name);
  const rename = useMutation({
    mutationFn: () =>
      answer(
        api.PUT("/api/lists/{list_id}", { params: { path: { list_id: list.list_id } }, body: { name: name.trim() } }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["lists"] }),
  });
  const changed = name.trim() !== "" && name.trim() !== list.name;
  return (
    <Section title={t("lists.rename")}>
      {rename.error && <ErrorState error={rename.error} />}
      <Group align="flex-end" gap="sm">
        <TextInput
          label={t("segment.name")}
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
          style={{ flex: "1 1 240px" }}
        />
        <Button variant="default" disabled={!changed} loading={rename.isPending} onClick={() => rename.mutate()}>
          {t("segment.save")}
        </Button>
      </Group>
    </Section>
  );
}

function Remove({ list }: { list: Row }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, dialog] = useDisclosure(false);
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE("/api/lists/{list_id}", { params: { path: { list_id: list.list_id } } })),
    onSuccess: async () => {
      await navigate({ to: "/lists", search: { tab: undefined } });
      await queries.invalidateQueries({ queryKey: ["lists"], exact: false, refetchType: "active" });
    },
  });
  return (
    <>
      <Button variant="default" leftSection={<TrashIcon size={16} />} c="var(--c-danger)" onClick={dialog.open}>
        {t("segment.remove")}
      </Button>
      <Modal
        opened={asking}
        onClose={dialog.close}
        title={t("segment.remove_title", { name: list.name })}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Stack gap="md">
          {remove.error && <ErrorState error={remove.error} />}
          <Text>{t("lists.remove_text")}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.close}>
              {t("common.cancel")}
            </Button>
            <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
              {t("segment.remove")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

/** One list: who is on it, putting people on and off, its name, and its people as a file. */
export function ListPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { listId } = useParams({ from: "/lists/$listId" });
  const { data, error, refetch } = useAnswer({
    key: ["lists", listId],
    ask: (signal) => answer(api.GET("/api/lists/{list_id}", { params: { path: { list_id: listId } }, signal })),
  });
  const lead =
    data &&
    [
      t("common.customers", { count: data.size, shown: format.number(data.size) }),
      t("lists.made", { date: format.dateTime(data.made_at), by: data.made_by }),
      data.as_of && t("lists.taken", { date: format.dateTime(data.as_of) }),
    ]
      .filter(Boolean)
      .join(" · ");
  return (
    <>
      <PageHead
        title={data?.name ?? t("lists.list")}
        parent={{ to: "/lists", label: t("lists.title") }}
        badge={data && <Badge color="gray">{t(`lists.kinds.${data.kind}`)}</Badge>}
        lead={lead}
        actions={data && <Remove list={data} />}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Stack gap="lg">
          <Members listId={listId} />
          {data.kind === "list" && <Change listId={listId} />}
          <Rename key={data.name} list={data} />
          <Section title={t("insight.tabs.export")}>
            <ExportForm of={{ list: listId }} name={data.name} />
          </Section>
        </Stack>
      )}
    </>
  );
}
