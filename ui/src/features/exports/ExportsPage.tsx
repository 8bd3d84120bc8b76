import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { SaveIcon, TrashIcon } from "@/icons/icons";
import { ActionIcon, Button, Card, Group, Modal, Stack, Text } from "@/kit/kit";
import { DataTable, type Column } from "@/shared/DataTable";
import { fileOf, keepFile } from "@/shared/download";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Line = Schemas["ExportLine"];

/** Of whom: the segment or the list, or the query that named them. */
function Source({ line }: { line: Line }) {
  const { t } = useTranslation();
  const [kind, id = ""] = line.source.split(/:(.*)/s);
  if (line.query) return line.query;
  if (line.name === null) return t("exports.no_more", { id });
  return kind === "segment" ? (
    <TextLink to="/segments/$segmentId" params={{ segmentId: id }} inherit>
      {line.name}
    </TextLink>
  ) : (
    <TextLink to="/lists/$listId" params={{ listId: id }} inherit>
      {line.name}
    </TextLink>
  );
}

function What({ line }: { line: Line }) {
  const { t } = useTranslation();
  const format = useFormat();
  const details = [
    t(`export.forms.${line.form}`),
    line.columns && t("exports.columns", { count: line.columns.length, shown: format.number(line.columns.length) }),
    line.left_out.length > 0 &&
      t("exports.left_out", {
        told: line.left_out.map(({ why, people }) => `${format.number(people)} (${why})`).join(", "),
      }),
  ].filter(Boolean);
  return (
    <>
      <Source line={line} />
      <Text size="sm" c="dimmed" title={line.columns?.join(", ")}>
        {details.join(" · ")}
      </Text>
    </>
  );
}

/** What one can do with the file, or what became of it. */
function FileCell({ line, onTake, onDelete }: { line: Line; onTake: () => void; onDelete: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (line.file !== "kept" || line.expires_at === null)
    return (
      <Text size="sm" c="dimmed">
        {t(`exports.files.${line.file}`)}
      </Text>
    );
  const facts = { date: format.dateTime(line.made_at) };
  return (
    <Stack gap={4} align="flex-end">
      <Group gap="xs" wrap="nowrap">
        <ActionIcon variant="default" size={32} onClick={onTake} aria-label={t("exports.take", facts)}>
          <SaveIcon size={16} />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size={32}
          c="var(--c-danger)"
          onClick={onDelete}
          aria-label={t("exports.delete", facts)}
        >
          <TrashIcon size={16} />
        </ActionIcon>
      </Group>
      <Text size="xs" c="dimmed">
        {t("exports.until", { date: format.date(line.expires_at) })}
      </Text>
    </Stack>
  );
}

function useFileActions() {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["exports", "log"] });
  const take = useMutation({
    mutationFn: ({ export_id }: Line) =>
      fileOf(api.GET("/api/exports/{export_id}/file", { params: { path: { export_id } }, parseAs: "blob" })),
    onSuccess: (taken) => {
      keepFile(taken);
      return again();
    },
  });
  const remove = useMutation({
    mutationFn: ({ export_id }: Line) =>
      answer(api.DELETE("/api/exports/{export_id}", { params: { path: { export_id } } })),
    onSuccess: again,
  });
  return { take, remove };
}

function Log({ lines }: { lines: Line[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { take, remove } = useFileActions();
  const [asking, setAsking] = useState<Line | null>(null);
  const error = take.error ?? remove.error;
  const columns: Column<Line>[] = [
    {
      key: "made",
      label: t("journal.at"),
      show: (one) => (
        <>
          {format.dateTime(one.made_at)}
          <Text size="sm" c="dimmed">
            {one.made_by}
          </Text>
        </>
      ),
    },
    { key: "what", label: t("exports.what"), show: (one) => <What line={one} /> },
    { key: "people", label: t("segments.size"), show: (one) => format.number(one.people), right: true },
    {
      key: "file",
      label: t("exports.file"),
      show: (one) => <FileCell line={one} onTake={() => take.mutate(one)} onDelete={() => setAsking(one)} />,
      right: true,
    },
  ];
  return (
    <Stack gap="md">
      {error && <ErrorState error={error} />}
      <Card>
        <DataTable caption={t("exports.title")} columns={columns} rows={lines} id={(one) => String(one.export_id)} />
      </Card>
      <Modal
        opened={asking !== null}
        onClose={() => setAsking(null)}
        title={t("exports.delete_title")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Text mb="lg">{t("exports.delete_text")}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsking(null)}>
            {t("common.cancel")}
          </Button>
          <Button
            color="red.9"
            onClick={() => {
              if (asking) remove.mutate(asking);
              setAsking(null);
            }}
          >
            {t("segment.remove")}
          </Button>
        </Group>
      </Modal>
    </Stack>
  );
}

/** Who took which people out of the shop, and the files that are still there. */
export function ExportsPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnswer({
    key: ["exports", "log"],
    ask: (signal) => answer(api.GET("/api/exports", { signal })),
  });
  return (
    <>
      <PageHead title={t("exports.title")} lead={t("exports.lead")} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data?.exports.length === 0 && (
        <Card>
          <EmptyState icon={SaveIcon} title={t("exports.none")}>
            {t("exports.none_text")}
          </EmptyState>
        </Card>
      )}
      {data && data.exports.length > 0 && <Log lines={data.exports} />}
    </>
  );
}
