import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConditionRow } from "./ConditionRow";
import { conditionOf, type ConditionDraft, type MatchDraft } from "./draft";
import { Denied, RemoveButton } from "./RowParts";
import { startSign, startValue } from "./values";
import { parameterOf, type FunctionTerm, type Vocabulary } from "./vocabulary";
import { Button, Group, Paper, Select, Stack, Text, TextInput } from "@/kit/kit";

interface MatchCardProps {
  vocabulary: Vocabulary;
  draft: MatchDraft;
  onChange: (draft: MatchDraft) => void;
  onRemove: () => void;
}

/** Starts a condition on a parameter with its first operator. */
function startParameter(vocabulary: Vocabulary, source: FunctionTerm, name: string): ConditionDraft | null {
  const term = parameterOf(source, { field: name, operator: "=" });
  const operator = term && startSign(term);
  if (!term || operator === undefined) return null;
  const value = startValue(term, vocabulary.signs.get(operator)?.takes ?? "one");
  return conditionOf({ field: name, operator, ...(value && { value }) });
}

interface AddParameterProps {
  /** How many there are already: another one forgets what was searched. */
  taken: number;
  source: FunctionTerm;
  onAdd: (name: string) => void;
}

function AddParameter({ taken, source, onAdd }: AddParameterProps) {
  const { t } = useTranslation();
  const [property, setProperty] = useState("");
  const name = property.trim().replace(/^properties\./, "");
  return (
    <Group gap="xs">
      <Select
        key={taken}
        aria-label={t("builder.add_parameter_of", { what: source.label })}
        placeholder={t("builder.add_parameter")}
        data={source.parameters.filter((one) => one.available).map(({ name: value, label }) => ({ value, label }))}
        value={null}
        onChange={(chosen) => chosen !== null && onAdd(chosen)}
        searchable
        w={220}
      />
      {source.any_property && (
        <>
          <TextInput
            aria-label={t("builder.property_of", { what: source.label })}
            placeholder={t("builder.property")}
            value={property}
            onChange={(event) => setProperty(event.currentTarget.value)}
            maxLength={100}
            w={180}
          />
          <Button
            variant="default"
            disabled={!/^[\w-]+$/.test(name)}
            onClick={() => {
              onAdd(`properties.${name}`);
              setProperty("");
            }}
          >
            {t("builder.add")}
          </Button>
        </>
      )}
    </Group>
  );
}

/** Rows that belong to the customer, such as orders: whether there are any that meet all of these conditions. */
export function MatchCard({ vocabulary, draft, onChange, onRemove }: MatchCardProps) {
  const { t } = useTranslation();
  const source = vocabulary.functions.get(draft.function);
  const label = source?.label ?? draft.function;
  const put = (parameters: ConditionDraft[]) => onChange({ ...draft, parameters });
  return (
    <Paper withBorder p="sm" role="group" aria-label={label}>
      <Stack gap="xs">
        <Group gap="xs">
          <Denied draft={draft} onChange={onChange} />
          <Text fw={500} title={source?.help ?? undefined}>
            {label}
          </Text>
          <Select
            aria-label={t("builder.operator", { label })}
            data={[
              { value: "some", label: t("builder.matches") },
              { value: "none", label: t("builder.not_matches") },
            ]}
            value={draft.negated ? "none" : "some"}
            onChange={(chosen) => onChange({ ...draft, negated: chosen === "none" })}
            allowDeselect={false}
            w={220}
          />
          <RemoveButton what={label} onRemove={onRemove} />
        </Group>
        {draft.parameters.map((parameter) => (
          <ConditionRow
            key={parameter.key}
            vocabulary={vocabulary}
            draft={parameter}
            term={parameterOf(source, parameter)}
            termWith={(operator) => parameterOf(source, { field: parameter.field, operator })}
            before={`${draft.function} MATCHES (`}
            onChange={(next) => put(draft.parameters.map((old) => (old.key === next.key ? next : old)))}
            onRemove={() => put(draft.parameters.filter((old) => old.key !== parameter.key))}
          />
        ))}
        {source && (
          <AddParameter
            taken={draft.parameters.length}
            source={source}
            onAdd={(name) => {
              const added = startParameter(vocabulary, source, name);
              if (added) put([...draft.parameters, added]);
            }}
          />
        )}
      </Stack>
    </Paper>
  );
}
