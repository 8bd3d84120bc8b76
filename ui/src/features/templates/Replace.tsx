import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Button, Group, Stack, Text, TextInput } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";

/** Looks for words in every template and shared block, shows what would change, and changes it in all at once. */
export function Replace() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [words, setWords] = useState("");
  const [replacement, setReplacement] = useState("");
  const ask = useMutation({
    mutationFn: (change: boolean) =>
      answer(
        api.POST("/api/templates/search", {
          body: { words, replacement: replacement || null, dry_run: !change },
        }),
      ),
    onSuccess: (_, change) => (change ? queries.invalidateQueries({ queryKey: ["templates"] }) : undefined),
  });
  const found = ask.data?.found;
  return (
    <Section title={t("templates.words")} lead={t("templates.words_lead")}>
      <Stack gap="md">
        <Group gap="sm" align="flex-end">
          <TextInput
            label={t("templates.words_find")}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            style={{ flex: "1 1 220px" }}
          />
          <TextInput
            label={t("templates.words_replace")}
            value={replacement}
            onChange={(event) => setReplacement(event.currentTarget.value)}
            style={{ flex: "1 1 220px" }}
          />
          <Button disabled={!words.trim()} loading={ask.isPending} onClick={() => ask.mutate(false)}>
            {t("templates.words_show")}
          </Button>
        </Group>
        {ask.error && <ErrorState error={ask.error} />}
        {found && found.length === 0 && <Text c="dimmed">{t("templates.words_none")}</Text>}
        {found && found.length > 0 && (
          <>
            <DataTable
              caption={t("templates.words")}
              columns={[
                { key: "id", label: t("templates.template"), show: (one) => one.template_id },
                { key: "place", label: t("templates.place"), show: (one) => one.place, from: "sm" },
                { key: "before", label: t("templates.words_before"), show: (one) => one.before.slice(0, 160) },
                { key: "after", label: t("templates.words_after"), show: (one) => one.after?.slice(0, 160) ?? "–" },
              ]}
              rows={found}
              id={(one) => `${one.kind}/${one.template_id}/${one.place}`}
            />
            <Group>
              <Button disabled={!replacement} loading={ask.isPending} onClick={() => ask.mutate(true)}>
                {t("templates.words_change", { count: found.length })}
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Section>
  );
}
