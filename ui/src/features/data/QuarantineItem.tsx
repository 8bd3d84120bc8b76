import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api, type Schemas } from "@/api/client";
import { Button, Group, Select, Stack, Text, Textarea } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

/** JSON as people read it; what is none stays as it was sent. */
export function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function Repair({ found, onDone }: { found: Schemas["QuarantineBody"]; onDone: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const { item } = found;
  const [body, setBody] = useState(readable(found.body));
  const [kind, setKind] = useState<string | null>(item.kind);
  const path = { item_id: item.item_id };
  const done = async () => {
    await queries.invalidateQueries({ queryKey: ["quarantine"] });
    onDone();
  };
  const replaying = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/quarantine/{item_id}/replay", {
          params: { path },
          body: { body: body === readable(found.body) ? null : body, kind },
        }),
      ),
    onSuccess: done,
  });
  const dropping = useMutation({
    mutationFn: () => answer(api.DELETE("/api/quarantine/{item_id}", { params: { path } })),
    onSuccess: done,
  });
  const error = replaying.error ?? dropping.error;
  return (
    <Stack gap="md">
      <Text size="sm">
        {t("quarantine.why_until", { why: item.why.replace(/\.$/, ""), date: format.dateTime(item.expires_at) })}
      </Text>
      <Textarea
        label={t("quarantine.body")}
        description={t("quarantine.body_text")}
        value={body}
        onChange={(event) => setBody(event.currentTarget.value)}
        autosize
        minRows={8}
        maxRows={20}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      <Select
        label={t("quarantine.kind")}
        description={t("quarantine.kind_text")}
        data={found.kinds}
        value={kind}
        onChange={setKind}
        clearable={item.kind === null}
      />
      {error && <ErrorState error={error} />}
      <Group justify="space-between">
        <Button variant="subtle" color="red" loading={dropping.isPending} onClick={() => dropping.mutate()}>
          {t("quarantine.drop")}
        </Button>
        <Button loading={replaying.isPending} onClick={() => replaying.mutate()}>
          {t("quarantine.let_in")}
        </Button>
      </Group>
    </Stack>
  );
}

/** One message with what was sent, to repair, let in or drop. */
export function QuarantineItem({ itemId, onDone }: { itemId: number; onDone: () => void }) {
  const { data, error } = useAnswer({
    key: ["quarantine", itemId],
    ask: (signal) => answer(api.GET("/api/quarantine/{item_id}", { params: { path: { item_id: itemId } }, signal })),
  });
  if (error) return <ErrorState error={error} />;
  if (!data) return <LoadingState />;
  return <Repair found={data} onDone={onDone} />;
}
