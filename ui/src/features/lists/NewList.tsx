import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PeopleFields, isNamed, noNaming, peopleOf, type Naming } from "./PeopleFields";
import { Rejected } from "./Rejected";
import { answer, api } from "@/api/client";
import { Button, Group, Modal, MultiSelect, SegmentedControl, Select, Stack, TextInput } from "@/kit/kit";
import { ErrorState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";
import { useSegments } from "@/shared/useSegments";

const kinds = ["people", "snapshot", "combine", "empty"] as const;
type Kind = (typeof kinds)[number];

const operations = ["union", "intersection", "difference"] as const;
type Operation = (typeof operations)[number];

interface Wish {
  kind: Kind;
  name: string;
  naming: Naming;
  segment: string | null;
  operation: Operation;
  lists: string[];
}

const noWish: Wish = { kind: "people", name: "", naming: noNaming, segment: null, operation: "union", lists: [] };

function isReady({ kind, name, naming, segment, lists }: Wish): boolean {
  if (kind === "snapshot") return segment !== null;
  if (name.trim() === "") return false;
  return kind === "empty" || (kind === "combine" ? lists.length >= 2 : isNamed(naming));
}

/** The list made, and what became of the rows when people were named. */
async function make({ kind, name, naming, segment, operation, lists }: Wish): Promise<{
  list: Schemas["ListRow"];
  change: Schemas["ListChange"] | null;
}> {
  const called = name.trim();
  if (kind === "snapshot") {
    const body = { segment_id: segment ?? "", name: called || null };
    return { list: await answer(api.POST("/api/lists/snapshot", { body })), change: null };
  }
  if (kind === "combine") {
    const body = { name: called, operation, lists };
    return { list: await answer(api.POST("/api/lists/combine", { body })), change: null };
  }
  const people = kind === "empty" ? null : await peopleOf(naming);
  const change = await answer(api.POST("/api/lists", { body: { name: called, people } }));
  return { list: change.customer_list, change };
}

interface FieldsProps {
  wish: Wish;
  lists: Schemas["ListRow"][];
  onChange: (wish: Wish) => void;
}

function Fields({ wish, lists, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const { choices } = useSegments();
  if (wish.kind === "people")
    return <PeopleFields naming={wish.naming} onChange={(naming) => onChange({ ...wish, naming })} />;
  if (wish.kind === "snapshot")
    return (
      <Select
        label={t("segment.title")}
        description={t("lists.snapshot_hint")}
        data={choices}
        value={wish.segment}
        onChange={(segment) => onChange({ ...wish, segment })}
        placeholder={t("customer.choose_segment")}
        searchable
        nothingFoundMessage={t("segments.none_found")}
      />
    );
  if (wish.kind === "empty") return null;
  return (
    <>
      <Select
        label={t("lists.operation")}
        data={operations.map((value) => ({ value, label: t(`lists.operations.${value}`) }))}
        value={wish.operation}
        onChange={(operation) => onChange({ ...wish, operation: (operation ?? "union") as Operation })}
        allowDeselect={false}
      />
      <MultiSelect
        label={t("lists.title_lists")}
        data={lists.map((one) => ({ value: one.list_id, label: one.name }))}
        value={wish.lists}
        onChange={(chosen) => onChange({ ...wish, lists: chosen })}
        searchable
      />
    </>
  );
}

function Dialog({ lists, onClose }: { lists: Schemas["ListRow"][]; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [wish, setWish] = useState(noWish);
  const open = (list: Schemas["ListRow"]) => navigate({ to: "/lists/$listId", params: { listId: list.list_id } });
  const making = useMutation({
    mutationFn: make,
    onSuccess: async ({ list, change }) => {
      await queries.invalidateQueries({ queryKey: ["lists"] });
      if (!change?.rejected) await open(list);
    },
  });
  const made = making.data;
  if (made?.change) {
    return (
      <Stack gap="md">
        <Rejected change={made.change} />
        <Group justify="flex-end">
          <Button onClick={() => void open(made.list)}>{t("lists.open")}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      {making.error && <ErrorState error={making.error} />}
      <div style={{ overflowX: "auto" }}>
        <SegmentedControl
          size="xs"
          data={kinds.map((value) => ({ value, label: t(`lists.kinds_new.${value}`) }))}
          value={wish.kind}
          onChange={(kind) => setWish({ ...wish, kind: kind as Kind })}
          aria-label={t("lists.kind_new")}
        />
      </div>
      <TextInput
        label={t("segment.name")}
        description={wish.kind === "snapshot" ? t("lists.snapshot_name") : undefined}
        value={wish.name}
        maxLength={200}
        required={wish.kind !== "snapshot"}
        onChange={(event) => setWish({ ...wish, name: event.currentTarget.value })}
      />
      <Fields wish={wish} lists={lists} onChange={setWish} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button disabled={!isReady(wish)} loading={making.isPending} onClick={() => making.mutate(wish)}>
          {t("lists.create")}
        </Button>
      </Group>
    </Stack>
  );
}

interface NewListProps {
  opened: boolean;
  lists: Schemas["ListRow"][];
  onClose: () => void;
}

/** A new list: from people, as the snapshot of a segment, from other lists, or empty. */
export function NewList({ opened, lists, onClose }: NewListProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      title={t("lists.new")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <Dialog lists={lists} onClose={onClose} />
    </Modal>
  );
}
