import { useState } from "react";
import { useTranslation } from "react-i18next";
import { conditionOf, nextKey, type Draft } from "./draft";
import { startSign, startValue } from "./values";
import type { Vocabulary } from "./vocabulary";
import { Checkbox, Button, Group, Select } from "@/kit/kit";
import { PlusIcon } from "@/icons/icons";

interface AddTermProps {
  vocabulary: Vocabulary;
  onAdd: (draft: Draft) => void;
}

/** A field and a function may have one name: `segment` is both. */
const ofFunction = "function:";

function started(vocabulary: Vocabulary, chosen: string): Draft | null {
  const name = chosen.replace(ofFunction, "");
  const source = chosen.startsWith(ofFunction) ? vocabulary.functions.get(name) : undefined;
  if (source) {
    // A function without its one closed parameter, such as a funnel's steps, says nothing.
    const needed = source.parameters.filter((one) => one.kind === "steps" || one.kind === "point");
    const parameters = needed.map((one) =>
      conditionOf({ field: one.name, operator: "=", value: startValue(one, "one") }),
    );
    return { key: nextKey(), kind: "match", not: false, function: name, negated: false, parameters };
  }
  const term = vocabulary.fields.get(name);
  const operator = term && startSign(term);
  if (!term || operator === undefined) return null;
  const value = startValue(term, vocabulary.signs.get(operator)?.takes ?? "one");
  return conditionOf({ field: name, operator, ...(value && { value }) });
}

/** Adds a condition on a field or on related rows, or a group; either can be denied. */
export function AddTerm({ vocabulary, onAdd }: AddTermProps) {
  const { t } = useTranslation();
  const [not, setNot] = useState(false);
  const [turn, setTurn] = useState(0); // a new turn forgets what was searched
  const add = (draft: Draft) => {
    onAdd({ ...draft, not });
    setNot(false);
    setTurn(turn + 1);
  };
  const data = vocabulary.groups.map((group) => ({
    group: group.label,
    items: [
      ...group.fields.filter((one) => one.available).map((one) => ({ value: one.name, label: one.label })),
      ...group.functions
        .filter((one) => one.available)
        .map((one) => ({ value: `${ofFunction}${one.name}`, label: one.label })),
    ],
  }));
  return (
    <Group gap="sm">
      <Select
        key={turn}
        aria-label={t("builder.add_condition")}
        placeholder={t("builder.add_condition")}
        data={data.filter((group) => group.items.length > 0)}
        value={null}
        onChange={(name) => {
          const draft = name === null ? null : started(vocabulary, name);
          if (draft) add(draft);
        }}
        searchable
        limit={200}
        nothingFoundMessage={t("builder.nothing_found")}
        leftSection={<PlusIcon />}
        w={280}
      />
      <Button
        variant="default"
        leftSection={<PlusIcon />}
        onClick={() => add({ key: nextKey(), kind: "group", not: false, join: "or", terms: [] })}
      >
        {t("builder.add_group")}
      </Button>
      <Checkbox label={t("builder.deny")} checked={not} onChange={(event) => setNot(event.currentTarget.checked)} />
    </Group>
  );
}
