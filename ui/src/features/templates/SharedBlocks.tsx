import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { BlockList } from "./BlockList";
import type { Block } from "./blocks";
import { LanguageTabs, type Written } from "./LanguageTabs";
import { answer, api } from "@/api/client";
import { Button, Group, Stack, Text, TextInput } from "@/kit/kit";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";

type Row = Schemas["SharedRow"];

function useSave() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, document, basedOn }: { id: string; document: Row["document"]; basedOn: number }) =>
      answer(
        api.PUT("/api/shared-blocks/{shared_id}", {
          params: { path: { shared_id: id } },
          body: { document, based_on: basedOn },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["templates"] }),
  });
}

function One({ row }: { row: Row }) {
  const { t } = useTranslation();
  const [written, setWritten] = useState<Written>("fr");
  const [blocks, setBlocks] = useState<Block[]>([...row.document.blocks] as Block[]);
  const save = useSave();
  const used = row.used_in.length ? t("templates.stands_in", { where: row.used_in.join(", ") }) : t("templates.unused");
  return (
    <Section title={row.document.title["fr"] ?? row.document.title["en"] ?? row.shared_id} lead={used}>
      <Stack gap="md">
        <LanguageTabs written={written} onChange={setWritten} />
        <BlockList blocks={blocks} written={written} shared={[]} remarks={[]} onChange={setBlocks} />
        {save.error && <ErrorState error={save.error} />}
        <Group>
          <Button
            loading={save.isPending}
            onClick={() =>
              save.mutate({
                id: row.shared_id,
                document: { ...row.document, blocks: blocks as Row["document"]["blocks"] },
                basedOn: row.version,
              })
            }
          >
            {t("templates.save_everywhere", { count: row.used_in.length })}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}

/** Blocks that are kept once and stand in several templates. */
export function SharedBlocks({ shared }: { shared: Row[] }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const save = useSave();
  const id = name
    .trim()
    .toLowerCase()
    .normalize("NFD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  const first: Block = { type: "text", text: { en: name.trim(), fr: name.trim() } };
  return (
    <Stack gap="lg">
      {shared.length === 0 && <Text c="dimmed">{t("templates.no_shared")}</Text>}
      {shared.map((row) => (
        <One key={`${row.shared_id}/${row.version}`} row={row} />
      ))}
      <Section title={t("templates.new_shared")}>
        {save.error && <ErrorState error={save.error} />}
        <Group gap="sm" align="flex-end">
          <TextInput
            label={t("segment.name")}
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button
            disabled={!id}
            loading={save.isPending}
            onClick={() =>
              save.mutate({
                id,
                document: { version: 1, title: { en: name.trim(), fr: name.trim() }, blocks: [first] as never },
                basedOn: 0,
              })
            }
          >
            {t("templates.add")}
          </Button>
        </Group>
      </Section>
    </Stack>
  );
}
