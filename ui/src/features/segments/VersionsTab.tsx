import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Button, Code, Group, Select, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Version = Schemas["SegmentVersion"];

const marks = { same: undefined, added: "var(--c-ok-soft)", removed: "var(--c-danger-soft)" };

/** Both texts laid over one another; added and removed pieces are real `ins` and `del`. */
function Texts({ pieces }: { pieces: Schemas["TextPiece"][] }) {
  return (
    <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
      {pieces.map((piece, index) => {
        const Tag = piece.kind === "added" ? "ins" : piece.kind === "removed" ? "del" : "span";
        return (
          <Tag key={index} style={{ background: marks[piece.kind] }}>
            {piece.text}
          </Tag>
        );
      })}
    </Code>
  );
}

function Difference({ segmentId, from, to }: { segmentId: string; from: number; to: number }) {
  const { t } = useTranslation();
  const { data, error } = useAnswer({
    key: ["diff", segmentId, from, to],
    ask: (signal) =>
      answer(
        api.GET("/api/segments/{segment_id}/diff", {
          params: { path: { segment_id: segmentId }, query: { from, to } },
          signal,
        }),
      ),
  });
  if (error) return <ErrorState error={error} />;
  if (!data) return <LoadingState lines={2} />;
  return (
    <Stack gap="xs">
      {data.renamed && <Text size="sm">{t("versions.renamed", { before: data.old.name, after: data.new.name })}</Text>}
      {data.changes === null && <Text size="sm">{t("versions.no_sense")}</Text>}
      {data.changes?.length === 0 && <Text size="sm">{t("versions.same")}</Text>}
      {data.changes && data.changes.length > 0 && (
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          {data.changes.map((change) => (
            <Text key={change.sentence} component="li" size="sm">
              {change.sentence}
            </Text>
          ))}
        </ul>
      )}
      <Texts pieces={data.text} />
    </Stack>
  );
}

function Compare({ segmentId, versions }: { segmentId: string; versions: Version[] }) {
  const { t } = useTranslation();
  const [newest, before] = versions;
  const [from, setFrom] = useState(before?.number ?? 1);
  const [to, setTo] = useState(newest?.number ?? 1);
  const choices = versions.map((one) => ({
    value: String(one.number),
    label: t("versions.number", { number: one.number }),
  }));
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Select
          label={t("versions.from")}
          data={choices}
          value={String(from)}
          onChange={(value) => setFrom(Number(value ?? from))}
          allowDeselect={false}
          w={160}
        />
        <Select
          label={t("versions.to")}
          data={choices}
          value={String(to)}
          onChange={(value) => setTo(Number(value ?? to))}
          allowDeselect={false}
          w={160}
        />
      </Group>
      <Difference segmentId={segmentId} from={from} to={to} />
    </Stack>
  );
}

interface VersionsTabProps {
  segmentId: string;
  current: number;
  onRolledBack: () => void;
}

/** Every definition as it was saved, how two of them differ, and the way back to one. */
export function VersionsTab({ segmentId, current, onRolledBack }: VersionsTabProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useAnswer({
    key: ["versions", segmentId, current],
    ask: (signal) =>
      answer(api.GET("/api/segments/{segment_id}/versions", { params: { path: { segment_id: segmentId } }, signal })),
  });
  const back = useMutation({
    mutationFn: (version: number) =>
      answer(
        api.POST("/api/segments/{segment_id}/rollback", {
          params: { path: { segment_id: segmentId } },
          body: { version },
        }),
      ),
    onSuccess: onRolledBack,
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState lines={4} />;
  return (
    <Stack gap="md">
      {back.error && <ErrorState error={back.error} />}
      <DataTable
        caption={t("insight.tabs.versions")}
        columns={[
          {
            key: "number",
            label: t("versions.version"),
            show: (one) => (
              <>
                <Text size="sm" fw={500}>
                  {t("versions.number", { number: one.number })} · {one.name}
                </Text>
                <Text size="sm" c="dimmed">
                  {t("versions.saved", { date: format.dateTime(one.saved_at), by: one.saved_by })}
                </Text>
                <Text size="sm" className="sentence">
                  {one.sentence}
                </Text>
              </>
            ),
          },
          {
            key: "back",
            label: t("versions.action"),
            right: true,
            show: (one) =>
              one.number === current ? (
                t("versions.current")
              ) : (
                <Button size="xs" variant="default" loading={back.isPending} onClick={() => back.mutate(one.number)}>
                  {t("versions.back_to", { number: one.number })}
                </Button>
              ),
          },
        ]}
        rows={data.versions}
        id={(one) => String(one.number)}
      />
      {data.versions.length > 1 && <Compare key={current} segmentId={segmentId} versions={data.versions} />}
    </Stack>
  );
}
