import { useTranslation } from "react-i18next";
import type { Value } from "./document";
import type { FieldProps } from "./ValueField";
import { Group, NumberInput, Select } from "@/kit/kit";
import { useNumbers } from "@/shared/numbers";
import { useSigned } from "@/shared/session";

type Counted = Extract<Value, { type: "number" | "percent" | "of_average" }>;

function writtenOf(value: Counted): string {
  return value.type === "of_average" ? value.percent : value.number;
}

function withNumber(value: Counted, written: string): Counted {
  return value.type === "of_average" ? { ...value, percent: written } : { ...value, number: written };
}

/** A number with its unit, or a share of the average of all customers. */
export function NumberField({ term, label, value, onChange }: FieldProps) {
  const { t } = useTranslation();
  const { format } = useSigned();
  const numbers = useNumbers();
  const counted = value as Counted;
  const averages = term.kind === "money" || term.name === "quantity" || counted.type === "of_average";
  const unit = counted.type === "number" ? { money: format.currencySign }[term.kind] : "%";
  return (
    <Group gap="xs" wrap="nowrap">
      <NumberInput
        {...numbers}
        aria-label={label}
        value={writtenOf(counted)}
        onChange={(written) => onChange(withNumber(counted, String(written)))}
        decimalScale={term.kind === "integer" && counted.type === "number" ? 0 : 6}
        maxLength={20}
        rightSection={unit}
        hideControls={unit !== undefined}
        error={writtenOf(counted) === ""}
        w={120}
      />
      {averages && counted.type !== "percent" && (
        <Select
          aria-label={t("builder.measure", { label })}
          data={[
            { value: "number", label: t("builder.amount") },
            { value: "of_average", label: t("builder.of_average") },
          ]}
          value={counted.type}
          onChange={(type) =>
            onChange(type === "of_average" ? { type: "of_average", percent: "100" } : { type: "number", number: "" })
          }
          allowDeselect={false}
          w={170}
        />
      )}
    </Group>
  );
}
