import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Replace } from "./Replace";
import { SharedBlocks } from "./SharedBlocks";
import { answer, api } from "@/api/client";
import { Badge, Group, Select, Stack, Tabs, Text, TextInput } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

export function useTemplates() {
  return useAnswer({
    key: ["templates"],
    ask: (signal) => answer(api.GET("/api/templates", { signal })),
  });
}

function List({ rows }: { rows: Schemas["TemplateRow"][] }) {
  const { t } = useTranslation();
  return (
    <DataTable
      caption={t("templates.title")}
      columns={[
        {
          key: "title",
          label: t("templates.template"),
          show: (one) => (
            <TextLink to="/templates/$templateId" params={{ templateId: one.template_id }} inherit fw={500}>
              {one.title}
            </TextLink>
          ),
        },
        {
          key: "family",
          label: t("templates.family"),
          show: (one) => t(`templates.families.${one.family}`, { defaultValue: one.family }),
          from: "sm",
        },
        {
          key: "channel",
          label: t("templates.channel"),
          show: (one) => t(`templates.channels.${one.channel}`),
          from: "md",
        },
        {
          key: "state",
          label: t("templates.state"),
          show: (one) => (
            <Badge color={one.version === 0 ? "gray" : "indigo"}>
              {one.version === 0 ? t("templates.ready_made") : t("templates.version", { version: one.version })}
            </Badge>
          ),
        },
        {
          key: "used",
          label: t("templates.used_in"),
          show: (one) => <Text size="sm">{one.used_in.join(", ") || "–"}</Text>,
          from: "md",
        },
      ]}
      rows={rows}
      id={(one) => one.template_id}
    />
  );
}

function Templates({ found }: { found: Schemas["Templates"] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { search = "", family } = useSearch({ from: "/templates" });
  const families = [...new Set(found.templates.map((one) => one.family))].sort();
  const wanted = search.toLocaleLowerCase();
  const rows = found.templates.filter(
    (one) =>
      (!family || one.family === family) &&
      (one.title.toLocaleLowerCase().includes(wanted) || one.template_id.includes(wanted)),
  );
  const go = (changed: { search?: string; family?: string }) =>
    void navigate({ to: "/templates", search: (old) => ({ ...old, ...changed }), replace: true });
  return (
    <Stack gap="md">
      <Group gap="sm" align="flex-end">
        <TextInput
          label={t("templates.find")}
          value={search}
          onChange={(event) => go({ search: event.currentTarget.value || undefined })}
          style={{ flex: "1 1 220px" }}
        />
        <Select
          label={t("templates.family")}
          value={family ?? null}
          onChange={(value) => go({ family: value ?? undefined })}
          data={families.map((one) => ({
            value: one,
            label: t(`templates.families.${one}`, { defaultValue: one }),
          }))}
          clearable
        />
      </Group>
      <List rows={rows} />
    </Stack>
  );
}

/** Every template, the blocks that several share, and words that are looked for or changed in all of them. */
export function TemplatesPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useTemplates();
  return (
    <>
      <PageHead title={t("templates.title")} lead={t("templates.lead")} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Tabs defaultValue="templates" keepMounted={false}>
          <Tabs.List mb="lg">
            <Tabs.Tab value="templates">{t("templates.title")}</Tabs.Tab>
            <Tabs.Tab value="shared">{t("templates.shared")}</Tabs.Tab>
            <Tabs.Tab value="words">{t("templates.words")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="templates">
            <Templates found={data} />
          </Tabs.Panel>
          <Tabs.Panel value="shared">
            <SharedBlocks shared={data.shared} />
          </Tabs.Panel>
          <Tabs.Panel value="words">
            <Replace />
          </Tabs.Panel>
        </Tabs>
      )}
    </>
  );
}
