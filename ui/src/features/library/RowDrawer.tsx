import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Choices, type Values } from "./Choices";
import { answer, api } from "@/api/client";
import { PlusIcon } from "@/icons/icons";
import { Alert, Button, Code, Drawer, Group, Stack, Text, TextInput, notify, useDebouncedValue } from "@/kit/kit";
import { Announce } from "@/shared/Announce";
import { TextLink } from "@/shared/links";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Row = Schemas["LibraryRow"];

/** Only what was written: an empty field keeps its default. */
function written(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));
}

/** How many customers the row finds with these values, counted while one writes. */
function Count({ row, values }: { row: Row; values: Values }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [settled] = useDebouncedValue(written(values), 300);
  const lacks = row.choices.some((one) => one.default === null && !one.optional && !settled[one.name]);
  const { data, error } = useAnswer({
    key: ["library", row.library_id, "preview", settled],
    ask: (signal) =>
      answer(
        api.POST("/api/library/{library_id}/preview", {
          params: { path: { library_id: row.library_id } },
          body: { values: settled },
          signal,
        }),
      ),
    enabled: row.available && !lacks,
    keep: true,
  });
  if (!row.available) return <Alert color="orange">{t("library.not_available")}</Alert>;
  if (lacks) return <Alert color="indigo">{t("library.choose_first")}</Alert>;
  if (error) return <ErrorState error={error} />;
  if (!data) return <LoadingState lines={2} />;
  const { members, share, revenue, fault } = data.preview;
  const size = members === null ? null : t("common.customers", { count: members, shown: format.number(members) });
  return (
    <Stack gap="xs">
      {fault && <Alert color="orange">{fault.message}</Alert>}
      {size && (
        <div>
          <Text fz={24} fw={600} className="number">
            {size}
          </Text>
          <Text size="sm" c="dimmed" className="number">
            {[share !== null && format.percent(share), revenue && format.moneyRounded(revenue)]
              .filter(Boolean)
              .join(" · ")}
          </Text>
          <Announce text={size} />
        </div>
      )}
      <Text size="sm" className="sentence">
        {data.description}
      </Text>
      <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
        {data.query}
      </Code>
    </Stack>
  );
}

function Adding({ row, values }: { row: Row; values: Values }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/library/{library_id}/add", {
          params: { path: { library_id: row.library_id } },
          body: { values: written(values), name: name.trim() || null },
        }),
      ),
    onSuccess: async ({ segment }) => {
      void notify(t("library.added", { name: segment.name }));
      await queries.invalidateQueries({ queryKey: ["library"] });
      await queries.invalidateQueries({ queryKey: ["segments"] });
      await navigate({ to: "/segments/$segmentId", params: { segmentId: segment.segment_id } });
    },
  });
  return (
    <Stack gap="sm">
      {add.error && <ErrorState error={add.error} />}
      <TextInput
        label={t("segment.name")}
        description={t("library.name_hint")}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button
          leftSection={<PlusIcon />}
          onClick={() => add.mutate()}
          loading={add.isPending}
          disabled={!row.available}
        >
          {t("library.add")}
        </Button>
      </Group>
    </Stack>
  );
}

function Body({ row }: { row: Row }) {
  const { t } = useTranslation();
  const [values, setValues] = useState<Values>({});
  return (
    <Stack gap="md">
      <Text size="sm">{row.use}</Text>
      {row.sensitive && <Alert color="orange">{t("library.sensitive")}</Alert>}
      {row.choices.length > 0 && <Choices choices={row.choices} values={values} onChange={setValues} />}
      <Count row={row} values={values} />
      {row.added.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            {t("library.already")}
          </Text>
          {row.added.map((one) => (
            <Text key={one.segment_id} size="sm">
              <TextLink to="/segments/$segmentId" params={{ segmentId: one.segment_id }} inherit>
                {one.name}
              </TextLink>
            </Text>
          ))}
        </div>
      )}
      <Adding row={row} values={values} />
    </Stack>
  );
}

/** One ready-made segment: its values, how many it finds with them, and keeping it. */
export function RowDrawer({ row, onClose }: { row: Row | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={row !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={row?.name}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {row && <Body key={row.library_id} row={row} />}
    </Drawer>
  );
}
