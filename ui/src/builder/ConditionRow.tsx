import { useTranslation } from "react-i18next";
import type { ConditionDraft } from "./draft";
import { Denied, RemoveButton } from "./RowParts";
import { startValue, type Term } from "./values";
import { ValueField } from "./ValueField";
import type { Vocabulary } from "./vocabulary";
import { Checkbox, Group, Select, Text } from "@/kit/kit";

interface ConditionRowProps {
  vocabulary: Vocabulary;
  draft: ConditionDraft;
  /** What the name stands for; undefined when this shop does not know it. */
  term: Term | undefined;
  /** The same with another operator, which may make something else of a property. */
  termWith?: (operator: string) => Term | undefined;
  /** The query up to this condition's name. */
  before: string;
  onChange: (draft: ConditionDraft) => void;
  onRemove: () => void;
}

/** One condition: what is asked, how, and with which value. */
export function ConditionRow({ vocabulary, draft, term, termWith, before, onChange, onRemove }: ConditionRowProps) {
  const { t } = useTranslation();
  const label = term?.label ?? draft.field;
  const sign = vocabulary.signs.get(draft.operator);
  const dated: Record<string, string> = {
    ">": t("builder.after"),
    ">=": t("builder.since"),
    "<": t("builder.before"),
    "<=": t("builder.until"),
  };
  const chooseSign = (operator: string | null) => {
    const next = operator && vocabulary.signs.get(operator);
    const asked = operator === null ? undefined : (termWith?.(operator) ?? term);
    if (!next || !asked) return;
    const { value, ...rest } = draft;
    const kept = next.takes === sign?.takes && asked.kind === term?.kind ? value : startValue(asked, next.takes);
    onChange({ ...rest, operator, ...(kept && { value: kept }) });
  };
  return (
    <Group gap="xs" role="group" aria-label={label} wrap="nowrap" align="flex-start">
      <Group gap="xs" style={{ flex: 1 }}>
        <Denied draft={draft} onChange={onChange} />
        <Text fw={500} title={term?.help ?? undefined}>
          {label}
        </Text>
        <Select
          aria-label={t("builder.operator", { label })}
          data={(term?.operators ?? [draft.operator]).map((value) => ({
            value,
            label: (term?.kind === "date" && dated[value]) || (vocabulary.signs.get(value)?.label ?? value),
          }))}
          value={draft.operator}
          onChange={chooseSign}
          allowDeselect={false}
          disabled={!term}
          w={190}
        />
        <ValueField
          term={term ?? unknown(draft.field)}
          takes={sign?.takes ?? "one"}
          label={t("builder.value", { label })}
          value={draft.value}
          before={`${before}${draft.field} ${draft.operator} `}
          onChange={(value) => onChange({ ...draft, value })}
        />
        {term?.kind === "date" && before === "" && (
          <Checkbox
            label={t("builder.anniversary")}
            checked={Boolean(draft.anniversary)}
            onChange={(event) => onChange({ ...draft, anniversary: event.currentTarget.checked || undefined })}
          />
        )}
      </Group>
      <RemoveButton what={label} onRemove={onRemove} />
    </Group>
  );
}

/** No control edits the value of a name that this shop does not know. */
function unknown(name: string): Term {
  return {
    ...{ name, label: name, help: null, kind: "", unit: "", nullable: true, available: false, profiling: true },
    ...{ values: [], operators: [] },
  };
}
