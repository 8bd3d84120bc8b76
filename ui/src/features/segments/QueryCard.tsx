import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api, type Schemas } from "@/api/client";
import { Group, SegmentedControl, Skeleton, Text } from "@/kit/kit";

const Builder = lazy(async () => ({ default: (await import("@/builder/Builder")).Builder }));
const QueryEditor = lazy(async () => ({ default: (await import("@/editor/QueryEditor")).QueryEditor }));

type View = "text" | "conditions";

interface QueryCardProps {
  query: string;
  asShopify: boolean;
  coloured: { query: string; tokens: Schemas["Token"][]; fault: Schemas["Fault"] | null } | null;
  /** Each new text; the cursor is null where nobody types it. Conditions never read amounts as Shopify does. */
  onChange: (query: string, cursor: number | null, view: View) => void;
  onSave: () => void;
}

async function complete(query: string, offset: number, signal: AbortSignal) {
  return answer(api.POST("/api/segments/complete", { body: { query, offset }, signal }));
}

/** The query as text or as conditions: two views of one tree. */
export function QueryCard({ query, asShopify, coloured, onChange, onSave }: QueryCardProps) {
  const { t } = useTranslation();
  const [{ view, initial }, setView] = useState<{ view: View; initial: string }>({ view: "text", initial: query });
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={500} aria-hidden="true">
          {t("segment.query")}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t("builder.view")}
          data={[
            { value: "text", label: t("builder.as_text") },
            { value: "conditions", label: t("builder.as_conditions") },
          ]}
          value={view}
          onChange={(next) => setView({ view: next === "text" ? "text" : "conditions", initial: query })}
        />
      </Group>
      <Suspense fallback={<Skeleton height={154} />}>
        {view === "conditions" ? (
          <Builder query={initial} asShopify={asShopify} onChange={(text) => onChange(text, null, view)} />
        ) : (
          <QueryEditor
            label={t("segment.query_label")}
            initial={initial}
            coloured={coloured}
            onChange={(text, cursor) => onChange(text, cursor, view)}
            onSave={onSave}
            complete={complete}
          />
        )}
      </Suspense>
      {view === "text" && (
        <Text size="sm" c="dimmed" mt={6}>
          {t("segment.keys")}
        </Text>
      )}
    </div>
  );
}
