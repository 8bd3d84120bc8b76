import "./templates.css";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { BlockList } from "./BlockList";
import type { Block, Doc } from "./blocks";
import { LanguageTabs, type Written } from "./LanguageTabs";
import { Preview } from "./Preview";
import { Remarks } from "./Remarks";
import { useTemplates } from "./TemplatesPage";
import { TestSend } from "./TestSend";
import { answer, api } from "@/api/client";
import { Badge, Button, Select, Stack, Text, TextInput, Textarea, useDebouncedValue } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Found = Schemas["Template"];
type Localised = "title" | "subject" | "preheader" | "body";

const TOPICS = ["news", "offers", "advice", "events"] as const;

/** How the draft looks now; asked a moment after the last key, and the last look stays until the next one is there. */
function useLook(templateId: string, doc: Doc, written: Written, customerId: string) {
  const { i18n } = useTranslation();
  const [asked] = useDebouncedValue({ doc, customerId }, 400);
  return useQuery({
    queryKey: ["look", templateId, asked, written, i18n.language],
    queryFn: ({ signal }) =>
      answer(
        api.POST("/api/templates/look", {
          body: {
            template_id: templateId,
            document: asked.doc,
            language: written,
            customer_id: asked.customerId || null,
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

function Head({ doc, written, onChange }: { doc: Doc; written: Written; onChange: (doc: Doc) => void }) {
  const { t } = useTranslation();
  const names: Localised[] = doc.channel === "sms" ? ["title"] : ["title", "subject", "preheader"];
  const put = (name: Localised, text: string) => onChange({ ...doc, [name]: { ...doc[name], [written]: text } });
  return (
    <Stack gap="sm">
      {names.map((name) => (
        <TextInput
          key={name}
          label={t(`templates.fields.${name}`)}
          value={doc[name]?.[written] ?? ""}
          onChange={(event) => put(name, event.currentTarget.value)}
        />
      ))}
      {doc.purpose !== "transactional" && (
        <Select
          label={t("templates.topic")}
          description={t("templates.topic_text")}
          value={doc.topic ?? "none"}
          data={["none", ...TOPICS].map((value) => ({ value, label: t(`templates.topics.${value}`) }))}
          onChange={(value) => onChange({ ...doc, topic: TOPICS.find((one) => one === value) })}
          allowDeselect={false}
        />
      )}
      {doc.channel !== undefined && doc.channel !== "email" ? (
        <Textarea
          label={t("templates.fields.body")}
          value={doc.body?.[written] ?? ""}
          onChange={(event) => put("body", event.currentTarget.value)}
          autosize
        />
      ) : (
        <TextInput
          type="color"
          label={t("templates.accent")}
          value={doc.accent ?? "#8a4b2d"}
          onChange={(event) => onChange({ ...doc, accent: event.currentTarget.value })}
          w={120}
        />
      )}
    </Stack>
  );
}

function History({ found }: { found: Found }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (found.versions.length === 0) return null;
  return (
    <Section title={t("templates.history")}>
      <Stack gap={4}>
        {found.versions.map((one) => (
          <Text key={one.version} size="sm">
            {t("templates.saved", { version: one.version, date: format.dateTime(one.saved_at), by: one.saved_by })}
          </Text>
        ))}
      </Stack>
    </Section>
  );
}

function Editor({ found, shared }: { found: Found; shared: string[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const id = found.template.template_id;
  const [doc, setDoc] = useState<Doc>(found.document);
  const [written, setWritten] = useState<Written>("fr");
  const [customerId, setCustomerId] = useState("");
  const look = useLook(id, doc, written, customerId);
  const save = useMutation({
    mutationFn: () =>
      answer(
        api.PUT("/api/templates/{template_id}", {
          params: { path: { template_id: id } },
          body: { document: doc, based_on: found.template.version },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["templates"] }),
  });
  const changed = doc !== found.document;
  const remarks = look.data?.remarks ?? [];
  return (
    <div className="template-editor">
      <Stack gap="lg">
        <Section
          title={t("templates.content")}
          actions={
            <Button disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
              {t("segment.save")}
            </Button>
          }
        >
          <Stack gap="md">
            {save.error && <ErrorState error={save.error} />}
            <LanguageTabs written={written} onChange={setWritten} />
            <Head doc={doc} written={written} onChange={setDoc} />
            {(doc.channel ?? "email") === "email" && (
              <BlockList
                blocks={(doc.blocks ?? []) as Block[]}
                written={written}
                shared={shared}
                remarks={remarks}
                onChange={(blocks) => setDoc({ ...doc, blocks })}
              />
            )}
          </Stack>
        </Section>
        <History found={found} />
      </Stack>
      <Stack gap="lg">
        <Section title={t("templates.look")}>
          <Stack gap="sm">
            <TextInput
              label={t("templates.as_customer")}
              placeholder={t("templates.as_sample")}
              value={customerId}
              onChange={(event) => setCustomerId(event.currentTarget.value.trim())}
            />
            {look.error && <ErrorState error={look.error} />}
            {!look.data && !look.error && <LoadingState />}
            {look.data && <Preview look={look.data} />}
          </Stack>
        </Section>
        {look.data && <Remarks remarks={remarks} />}
        <TestSend templateId={id} written={written} customerId={customerId} saved={!changed} />
      </Stack>
    </div>
  );
}

/** One template: its blocks in both languages, how it looks, what stands against it, and a test. */
export function TemplatePage() {
  const { t } = useTranslation();
  const { templateId } = useParams({ from: "/templates/$templateId" });
  const all = useTemplates();
  const { data, error, refetch } = useAnswer({
    key: ["templates", templateId],
    ask: (signal) =>
      answer(api.GET("/api/templates/{template_id}", { params: { path: { template_id: templateId } }, signal })),
  });
  const used = data?.template.used_in.join(", ");
  return (
    <>
      <PageHead
        title={data?.template.title ?? t("templates.template")}
        parent={{ to: "/templates", label: t("templates.title") }}
        badge={
          data && (
            <Badge color="gray">
              {data.template.version === 0
                ? t("templates.ready_made")
                : t("templates.version", { version: data.template.version })}
            </Badge>
          )
        }
        lead={used ? t("templates.sent_by", { flows: used }) : undefined}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Editor
          key={`${templateId}/${data.template.version}`}
          found={data}
          shared={all.data?.shared.map((one) => one.shared_id) ?? []}
        />
      )}
    </>
  );
}
