import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { Actions } from "./Actions";
import { Impact } from "./Impact";
import { Meaning } from "./Meaning";
import { QueryCard } from "./QueryCard";
import { Sample } from "./Sample";
import { SizeCard } from "./SizeCard";
import { Upkeep } from "./Upkeep";
import { useKeep } from "./useKeep";
import { usePreview, useSample } from "./usePreview";
import { Why } from "./Why";
import { isUnfinished } from "@/editor/faults";
import { Card, Checkbox, Grid, Skeleton, Stack, Tabs, TextInput } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { ErrorState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";

const Insight = lazy(async () => ({ default: (await import("./Insight")).Insight }));

interface SegmentEditorProps {
  saved?: Schemas["SegmentDetail"];
  start?: { query: string; name: string };
  onRolledBack?: () => void;
}

/** What a ready-made segment is for. */
function Purpose({ saved }: Pick<SegmentEditorProps, "saved">) {
  const { t } = useTranslation();
  const { description, use } = saved?.segment ?? {};
  return [description, use && t("segment.use", { use })].filter(Boolean).join(" ");
}

/** Name, query, what it means, how many it finds, who they are, and why somebody is in it or not. */
export function SegmentEditor({ saved, start = { query: "", name: "" }, onRolledBack }: SegmentEditorProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(saved?.segment.name ?? start.name);
  const [text, setText] = useState<{ query: string; cursor: number | null }>({
    query: saved?.segment.query ?? start.query,
    cursor: null,
  });
  const [asShopify, setAsShopify] = useState(false);
  const preview = usePreview(text.query, asShopify);
  const sample = useSample(text.query, asShopify, Boolean(preview.counted?.members));
  const keep = useKeep(saved?.segment.segment_id);

  const said = preview.current?.query === text.query ? preview.current : null;
  const unfinished = Boolean(said?.fault && isUnfinished(text.query, said.fault, text.cursor));
  const fault = said?.fault && !unfinished ? said.fault : null;
  const changed = name !== saved?.segment.name || text.query !== saved?.segment.query;
  const ready = name.trim() !== "" && text.query.trim() !== "" && changed;
  const body = { name: name.trim(), query: text.query };
  const save = () => {
    if (ready) keep.save.mutate(body);
  };
  const coloured = said && { query: said.query, tokens: said.tokens, fault };

  return (
    <>
      <PageHead
        title={saved?.segment.name ?? t("segment.new_title")}
        parent={{ to: "/segments", label: t("segments.title") }}
        lead={<Purpose saved={saved} />}
        actions={<Actions saved={saved} ready={ready} keep={keep} onSave={save} body={body} />}
      />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack gap="lg">
            <Card>
              <Stack gap="md">
                {keep.error && <ErrorState error={keep.error} />}
                <TextInput
                  label={t("segment.name")}
                  value={name}
                  maxLength={200}
                  required
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <QueryCard
                  query={text.query}
                  asShopify={asShopify}
                  coloured={coloured}
                  onChange={(query, cursor, view) => {
                    setText({ query, cursor });
                    if (view === "conditions") setAsShopify(false);
                  }}
                  onSave={save}
                />
                <Meaning said={said} fault={fault} empty={text.query.trim() === ""} />
                {preview.error && <ErrorState error={preview.error} onRetry={preview.retry} />}
                <Checkbox
                  label={t("segment.as_shopify")}
                  description={t("segment.as_shopify_hint")}
                  checked={asShopify}
                  onChange={(event) => setAsShopify(event.currentTarget.checked)}
                />
              </Stack>
            </Card>
            <Card>
              <Tabs defaultValue="sample" keepMounted={false}>
                <Tabs.List mb="md">
                  <Tabs.Tab value="sample">{t("segment.sample")}</Tabs.Tab>
                  <Tabs.Tab value="why">{t("segment.why")}</Tabs.Tab>
                  {saved && <Tabs.Tab value="impact">{t("impact.title")}</Tabs.Tab>}
                </Tabs.List>
                <Tabs.Panel value="sample">
                  {sample ? <Sample members={sample} /> : <Skeleton height={240} />}
                </Tabs.Panel>
                <Tabs.Panel value="why">
                  <Why query={text.query} asShopify={asShopify} />
                </Tabs.Panel>
                {saved && (
                  <Tabs.Panel value="impact">
                    <Impact segmentId={saved.segment.segment_id} query={text.query} asShopify={asShopify} />
                  </Tabs.Panel>
                )}
              </Tabs>
            </Card>
            {saved && onRolledBack && (
              <Suspense fallback={<Skeleton height={240} />}>
                <Insight saved={saved} onRolledBack={onRolledBack} />
              </Suspense>
            )}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }} order={{ base: -1, lg: 0 }}>
          <div style={{ position: "sticky", top: 80 }}>
            <Stack gap="lg">
              <SizeCard preview={preview} unfinished={unfinished} />
              {saved && <Upkeep saved={saved} />}
            </Stack>
          </div>
        </Grid.Col>
      </Grid>
    </>
  );
}
