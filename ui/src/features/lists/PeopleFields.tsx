import { useTranslation } from "react-i18next";
import { FileInput, SegmentedControl, Select, Stack, Textarea } from "@/kit/kit";
import type { Schemas } from "@/shared/useAnswer";
import { useSegments } from "@/shared/useSegments";

export type People = Schemas["People"];

export const ways = ["segment", "query", "values", "csv"] as const;
export type Way = (typeof ways)[number];

/** How people are named, and with what. */
export interface Naming {
  way: Way;
  segment: string | null;
  query: string;
  values: string;
  file: File | null;
}

export const noNaming: Naming = { way: "segment", segment: null, query: "", values: "", file: null };

export function isNamed({ way, segment, query, values, file }: Naming): boolean {
  return { segment: segment !== null, query: query.trim() !== "", values: values.trim() !== "", csv: file !== null }[
    way
  ];
}

/** What the server is told. The file is read here; the server looks for its column of ids or addresses. */
export async function peopleOf({ way, segment, query, values, file }: Naming): Promise<People> {
  if (way === "segment") return { segment_id: segment };
  if (way === "query") return { query };
  if (way === "values") return { values: values.split(/[\s,;]+/).filter(Boolean) };
  return { csv: (await file?.text()) ?? "" };
}

/** Fields in which people are named: a segment, a query, ids or addresses, or a CSV file. */
export function PeopleFields({ naming, onChange }: { naming: Naming; onChange: (naming: Naming) => void }) {
  const { t } = useTranslation();
  const { choices } = useSegments();
  return (
    <Stack gap="sm">
      <div style={{ overflowX: "auto" }}>
        <SegmentedControl
          size="xs"
          data={ways.map((value) => ({ value, label: t(`people.ways.${value}`) }))}
          value={naming.way}
          onChange={(way) => onChange({ ...naming, way: way as Way })}
          aria-label={t("people.way")}
        />
      </div>
      {naming.way === "segment" && (
        <Select
          label={t("segment.title")}
          data={choices}
          value={naming.segment}
          onChange={(segment) => onChange({ ...naming, segment })}
          placeholder={t("customer.choose_segment")}
          searchable
          nothingFoundMessage={t("segments.none_found")}
        />
      )}
      {naming.way === "query" && (
        <Textarea
          label={t("segment.query")}
          value={naming.query}
          onChange={(event) => onChange({ ...naming, query: event.currentTarget.value })}
          autosize
          minRows={2}
        />
      )}
      {naming.way === "values" && (
        <Textarea
          label={t("people.values")}
          description={t("people.values_hint")}
          value={naming.values}
          onChange={(event) => onChange({ ...naming, values: event.currentTarget.value })}
          minRows={3}
          autosize
          maxRows={10}
        />
      )}
      {naming.way === "csv" && (
        <FileInput
          label={t("people.file")}
          description={t("people.file_hint")}
          placeholder={t("people.choose_file")}
          accept=".csv,text/csv"
          value={naming.file}
          onChange={(file) => onChange({ ...naming, file })}
        />
      )}
    </Stack>
  );
}
