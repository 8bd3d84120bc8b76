import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Document } from "./document";
import { documentOf, isComplete, rootOf, type GroupDraft } from "./draft";
import { GroupCard } from "./GroupCard";
import { useVocabulary, type Vocabulary } from "./vocabulary";
import { answer, api } from "@/api/client";
import { InfoIcon, WarningIcon } from "@/icons/icons";
import { Alert, Skeleton, Stack, useDebouncedValue } from "@/kit/kit";
import { ErrorState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

interface BuilderProps {
  /** The query that the builder starts with; later it owns its conditions. */
  query: string;
  asShopify: boolean;
  /** Each new text of complete conditions. */
  onChange: (query: string) => void;
}

/** The conditions of a query as rows and groups. The server translates between text and tree, both ways. */
export function Builder({ query, asShopify, onChange }: BuilderProps) {
  const [start] = useState({ query, asShopify });
  const { vocabulary, error: unknown } = useVocabulary();
  const { data, error } = useAnswer({
    key: ["tree", start],
    ask: async (signal) =>
      start.query.trim() === ""
        ? { fault: null, tree: null }
        : answer(api.POST("/api/segments/tree", { body: { query: start.query, as_shopify: start.asShopify }, signal })),
  });
  const refused = error ?? unknown;
  if (refused) return <ErrorState error={refused} />;
  if (!data || !vocabulary) return <Skeleton height={154} />;
  if (start.query.trim() !== "" && data.tree === null) return <Unreadable message={data.fault?.message ?? ""} />;
  return <Conditions vocabulary={vocabulary} document={data.tree as Document | null} onChange={onChange} />;
}

function Unreadable({ message }: { message: string }) {
  const { t } = useTranslation();
  return (
    <Alert color="orange" icon={<WarningIcon />} title={t("builder.unreadable")}>
      {message}
    </Alert>
  );
}

interface ConditionsProps {
  vocabulary: Vocabulary;
  document: Document | null;
  onChange: (query: string) => void;
}

function Conditions({ vocabulary, document, onChange }: ConditionsProps) {
  const { t } = useTranslation();
  const [{ draft, touched }, setState] = useState<{ draft: GroupDraft; touched: boolean }>(() => ({
    draft: rootOf(document),
    touched: false,
  }));
  const complete = isComplete(draft);
  const [settled] = useDebouncedValue(draft, 200);
  const asked = touched && isComplete(settled) ? documentOf(settled) : null;
  const { data, error } = useAnswer({
    key: ["text", asked],
    ask: async (signal) => answer(api.POST("/api/segments/text", { body: { tree: { ...asked } }, signal })),
    enabled: asked !== null,
  });
  const emptied = touched && documentOf(draft) === null && complete;
  const text = emptied ? "" : asked && data ? data.text : null;
  const changed = useEffectEvent(onChange);
  useEffect(() => {
    if (typeof text === "string") changed(text);
  }, [text]);
  return (
    <Stack gap="sm">
      <GroupCard vocabulary={vocabulary} draft={draft} onChange={(next) => setState({ draft: next, touched: true })} />
      {!complete && (
        <Alert color="indigo" icon={<InfoIcon />}>
          {t("builder.unfinished")}
        </Alert>
      )}
      {error && <ErrorState error={error} />}
    </Stack>
  );
}
