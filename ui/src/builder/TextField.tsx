import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Value } from "./document";
import type { FieldProps } from "./ValueField";
import { answer, api } from "@/api/client";
import { Autocomplete, MultiSelect, Select, TagsInput } from "@/kit/kit";
import { useAnswer } from "@/shared/useAnswer";

/** The shop's own values of a field, asked when somebody comes to it. */
function useOffered(before: string, asked: boolean): string[] {
  const { data } = useAnswer({
    key: ["values", before],
    ask: async (signal) =>
      answer(api.POST("/api/segments/complete", { body: { query: before, offset: [...before].length }, signal })),
    enabled: asked,
  });
  const values = (data?.options ?? []).filter((one) => one.kind === "value" && one.text.startsWith("'"));
  return [...new Set(values.map((one) => one.text.slice(1, -1).replaceAll("\\'", "'")))];
}

function textOf(value: Value): string {
  if (value.type === "text") return value.text;
  return value.type === "number" ? value.number : "";
}

/** A text; one of a closed list where the field has one. */
export function TextField({ term, label, value, onChange, before }: FieldProps) {
  const [asked, setAsked] = useState(false);
  const offered = useOffered(before, asked && term.values.length === 0);
  const write = (text: string) => onChange({ type: "text", text });
  if (term.values.length > 0) {
    return (
      <Select
        aria-label={label}
        data={term.values}
        value={textOf(value)}
        onChange={(chosen) => write(chosen ?? "")}
        allowDeselect={false}
        w={220}
      />
    );
  }
  return (
    <Autocomplete
      aria-label={label}
      data={offered}
      limit={30}
      value={textOf(value)}
      error={textOf(value) === ""}
      maxLength={500}
      onFocus={() => setAsked(true)}
      onChange={write}
      w={220}
    />
  );
}

/** Several texts. */
export function TextsField({ term, label, value, onChange, before }: FieldProps<Extract<Value, { type: "list" }>>) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const offered = useOffered(before, asked && term.values.length === 0);
  const field = {
    "aria-label": label,
    placeholder: t("builder.add_values"),
    value: value.values.map(textOf),
    onChange: (all: string[]) => onChange({ type: "list", values: all.map((text) => ({ type: "text", text })) }),
    style: { flex: 1, minWidth: 220 },
  };
  return term.values.length > 0 ? (
    <MultiSelect {...field} data={term.values} />
  ) : (
    <TagsInput {...field} data={offered} limit={30} onFocus={() => setAsked(true)} />
  );
}
