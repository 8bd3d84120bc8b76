import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PeopleFields, isNamed, noNaming, peopleOf } from "./PeopleFields";
import { answer, api } from "@/api/client";
import { TagIcon } from "@/icons/icons";
import { Alert, Button, Group, Stack, TextInput } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

/** Gives a tag to people, or takes it from them. */
function Change() {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const [tag, setTag] = useState("");
  const [naming, setNaming] = useState(noNaming);
  const change = useMutation({
    mutationFn: async (give: boolean) => {
      const body = { tag: tag.trim(), people: await peopleOf(naming) };
      if (give) {
        const given = await answer(api.POST("/api/tags", { body }));
        return t("tags.given", {
          count: given.added,
          shown: format.number(given.added),
          already: format.number(given.already),
          full: format.number(given.full),
        });
      }
      const taken = await answer(api.POST("/api/tags/remove", { body }));
      return t("tags.taken", { count: taken.removed, shown: format.number(taken.removed) });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tags"] }),
  });
  const ready = tag.trim() !== "" && isNamed(naming);
  return (
    <Section title={t("tags.change")} lead={t("tags.change_text")}>
      <Stack gap="md">
        {change.error && <ErrorState error={change.error} />}
        {change.data && <Alert color="teal">{change.data}</Alert>}
        <TextInput
          label={t("tags.tag")}
          value={tag}
          maxLength={255}
          maw={420}
          required
          onChange={(event) => setTag(event.currentTarget.value)}
        />
        <PeopleFields naming={naming} onChange={setNaming} />
        <Group gap="sm">
          <Button disabled={!ready} loading={change.isPending} onClick={() => change.mutate(true)}>
            {t("tags.give")}
          </Button>
          <Button variant="default" disabled={!ready} loading={change.isPending} onClick={() => change.mutate(false)}>
            {t("tags.take")}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}

/** The query for a tag, which may hold quotes and backslashes. */
const carrying = (tag: string) => `customer_tags CONTAINS '${tag.replace(/[\\']/g, "\\$&")}'`;

/** The tags that customers carry, and giving or taking one. */
export function Tags() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useAnswer({
    key: ["tags"],
    ask: (signal) => answer(api.GET("/api/tags", { signal })),
  });
  return (
    <Stack gap="lg">
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Section title={t("tags.title")}>
          {data.tags.length === 0 ? (
            <EmptyState icon={TagIcon} title={t("tags.none")}>
              {t("tags.none_text")}
            </EmptyState>
          ) : (
            <DataTable
              caption={t("tags.title")}
              columns={[
                {
                  key: "tag",
                  label: t("tags.tag"),
                  show: (one) => (
                    <TextLink to="/segments/new" search={{ query: carrying(one.tag), name: one.tag }} inherit>
                      {one.tag}
                    </TextLink>
                  ),
                },
                {
                  key: "customers",
                  label: t("segments.size"),
                  show: (one) => format.number(one.customers),
                  right: true,
                },
                { key: "own", label: t("tags.own"), show: (one) => format.number(one.own), right: true },
              ]}
              rows={data.tags}
              id={(one) => one.tag}
            />
          )}
        </Section>
      )}
      <Change />
    </Stack>
  );
}
