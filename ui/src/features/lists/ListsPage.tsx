import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { NewList } from "./NewList";
import { Tags } from "./Tags";
import { answer, api } from "@/api/client";
import { ListIcon, PlusIcon } from "@/icons/icons";
import { Badge, Button, Tabs, useDisclosure } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

function Lists() {
  const { t } = useTranslation();
  const format = useFormat();
  const [opened, dialog] = useDisclosure(false);
  const { data, error, refetch } = useAnswer({
    key: ["lists"],
    ask: (signal) => answer(api.GET("/api/lists", { signal })),
  });
  const create = (
    <Button size="xs" leftSection={<PlusIcon size={16} />} onClick={dialog.open}>
      {t("lists.new")}
    </Button>
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState />;
  return (
    <Section title={t("lists.title_lists")} lead={t("lists.lead")} actions={create}>
      {data.lists.length === 0 ? (
        <EmptyState icon={ListIcon} title={t("lists.none")}>
          {t("lists.none_text")}
        </EmptyState>
      ) : (
        <DataTable
          caption={t("lists.title_lists")}
          columns={[
            {
              key: "name",
              label: t("segment.name"),
              show: (one) => (
                <TextLink to="/lists/$listId" params={{ listId: one.list_id }} inherit fw={500}>
                  {one.name}
                </TextLink>
              ),
            },
            {
              key: "kind",
              label: t("lists.kind"),
              show: (one) => <Badge color="gray">{t(`lists.kinds.${one.kind}`)}</Badge>,
            },
            { key: "size", label: t("segments.size"), show: (one) => format.number(one.size), right: true },
            {
              key: "changed",
              label: t("lists.changed"),
              show: (one) => format.dateTime(one.changed_at),
              right: true,
              from: "sm",
            },
          ]}
          rows={data.lists}
          id={(one) => one.list_id}
        />
      )}
      <NewList opened={opened} lists={data.lists} onClose={dialog.close} />
    </Section>
  );
}

/** Lists of customers that stay as they are, and tags. */
export function ListsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { tab = "lists" } = useSearch({ from: "/lists" });
  return (
    <>
      <PageHead title={t("lists.title")} />
      <Tabs
        value={tab}
        onChange={(value) =>
          void navigate({ to: "/lists", search: { tab: value === "tags" ? value : undefined }, replace: true })
        }
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          <Tabs.Tab value="lists">{t("lists.title_lists")}</Tabs.Tab>
          <Tabs.Tab value="tags">{t("tags.title")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="lists">
          <Lists />
        </Tabs.Panel>
        <Tabs.Panel value="tags">
          <Tags />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
