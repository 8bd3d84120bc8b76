import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { SaveIcon } from "@/icons/icons";
import { Alert, Badge, Button, Card, Code, FileInput, Group, Select, Stack, Text, Textarea, Title } from "@/kit/kit";
import { Announce } from "@/shared/Announce";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";

type Tool = Schemas["ImportAsk"]["source"];
type Found = Schemas["Imported"];

const tools = ["klaviyo", "shopify"] as const;

/** Which conditions could not be said, and why; with the rest of the query, which is only shown. */
function Obstacles({ found }: { found: Found }) {
  const { t } = useTranslation();
  return (
    <Alert color="orange" title={t("bring.obstacles", { count: found.obstacles.length })}>
      <ul style={{ margin: 0, paddingLeft: 20 }}>
        {found.obstacles.map((one) => (
          <li key={one.path}>
            <Text size="sm">{one.reason}</Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {one.path}
              {one.waits && ` · ${t("bring.waits")}`}
            </Text>
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function FoundCard({ found }: { found: Found }) {
  const { t } = useTranslation();
  const query = found.query ?? found.partial;
  return (
    <Card component="article" aria-label={found.name}>
      <Stack gap="xs">
        <Group justify="space-between" gap="sm">
          <Title order={3} size="h4" style={{ overflowWrap: "anywhere" }}>
            {found.name}
          </Title>
          {found.segment_id !== null ? (
            <TextLink to="/segments/$segmentId" params={{ segmentId: found.segment_id }}>
              {t("bring.open")}
            </TextLink>
          ) : (
            <Badge color={found.query ? "teal" : "orange"}>{t(found.query ? "bring.can" : "bring.cannot")}</Badge>
          )}
        </Group>
        {found.sentence && (
          <Text size="sm" className="sentence">
            {found.query === null && <strong>{t("bring.partial")} </strong>}
            {found.sentence}
          </Text>
        )}
        {query && (
          <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
            {query}
          </Code>
        )}
        {found.obstacles.length > 0 && <Obstacles found={found} />}
        {found.notes.map((note) => (
          <Text key={note} size="sm" c="dimmed">
            {note}
          </Text>
        ))}
        {found.query === null && query && (
          <TextLink to="/segments/new" search={{ query, name: found.name }} size="sm">
            {t("bring.edit")}
          </TextLink>
        )}
      </Stack>
    </Card>
  );
}

/** Segments of another tool: its definitions are pasted or taken from a file, shown as queries, and kept. */
export function BringPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [tool, setTool] = useState<Tool>("klaviyo");
  const [text, setText] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const bring = useMutation({
    mutationFn: async (save: boolean) => {
      const body = { source: tool, text: file ? await file.text() : text, save };
      return answer(api.POST("/api/segments/import", { body }));
    },
    onSuccess: (_, save) => (save ? queries.invalidateQueries({ queryKey: ["segments"] }) : undefined),
  });
  const found = bring.data?.segments ?? [];
  const able = found.filter((one) => one.query !== null && one.segment_id === null).length;
  const given = file !== null || text.trim() !== "";
  const start = <Change,>(change: (value: Change) => void) => {
    return (value: Change) => {
      change(value);
      bring.reset();
    };
  };
  return (
    <>
      <PageHead
        title={t("bring.title")}
        parent={{ to: "/segments", label: t("segments.title") }}
        lead={t("bring.lead")}
      />
      <Stack gap="lg">
        <Section title={t("bring.what")}>
          <Stack gap="md" align="flex-start">
            <Select
              label={t("bring.tool")}
              data={tools.map((value) => ({ value, label: t(`bring.tools.${value}`) }))}
              value={tool}
              onChange={start((value: string | null) => setTool((value ?? "klaviyo") as Tool))}
              allowDeselect={false}
              w={{ base: "100%", xs: 340 }}
            />
            <FileInput
              label={t("bring.file")}
              placeholder={t("people.choose_file")}
              accept={tool === "klaviyo" ? ".json,application/json" : ".json,.txt,application/json,text/plain"}
              value={file}
              onChange={start(setFile)}
              clearable
              clearButtonProps={{ "aria-label": t("bring.clear_file") }}
              w={{ base: "100%", xs: 340 }}
            />
            {file === null && (
              <Textarea
                label={t("bring.text")}
                description={t(`bring.hints.${tool}`)}
                value={text}
                onChange={(event) => start(setText)(event.currentTarget.value)}
                autosize
                minRows={6}
                maxRows={18}
                spellCheck={false}
                styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
                w="100%"
              />
            )}
            <Button disabled={!given} loading={bring.isPending} onClick={() => bring.mutate(false)}>
              {t("bring.look")}
            </Button>
          </Stack>
        </Section>
        {bring.error && <ErrorState error={bring.error} />}
        {bring.data && (
          <Section
            title={t("bring.found")}
            lead={bring.data.summary}
            actions={
              able > 0 && (
                <Button leftSection={<SaveIcon />} loading={bring.isPending} onClick={() => bring.mutate(true)}>
                  {t("bring.save", { count: able })}
                </Button>
              )
            }
          >
            <Announce text={bring.data.summary} />
            <Stack gap="md">
              {found.map((one, place) => (
                <FoundCard key={place} found={one} />
              ))}
            </Stack>
          </Section>
        )}
      </Stack>
    </>
  );
}
