import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Value } from "./document";
import type { FieldProps } from "./ValueField";
import { Group, NumberInput, Select } from "@/kit/kit";
import { useNumbers } from "@/shared/numbers";

const seconds = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
type Unit = keyof typeof seconds;

function largestUnit(length: number): Unit {
  return (["d", "h", "min"] as const).find((unit) => length > 0 && length % seconds[unit] === 0) ?? "s";
}

/** A length of time: a number and its unit. */
export function DurationField({ label, value, onChange }: FieldProps<Extract<Value, { type: "duration" }>>) {
  const { t } = useTranslation();
  const numbers = useNumbers();
  const [unit, setUnit] = useState<Unit>(() => largestUnit(value.seconds));
  const amount = value.seconds / seconds[unit];
  const write = (next: number, chosen: Unit) => onChange({ ...value, seconds: Math.round(next * seconds[chosen]) });
  return (
    <Group gap="xs" wrap="nowrap">
      <NumberInput
        {...numbers}
        aria-label={label}
        min={0}
        value={amount}
        onChange={(next) => write(Number(next), unit)}
        w={90}
      />
      <Select
        aria-label={t("builder.unit_of", { label })}
        data={Object.keys(seconds).map((one) => ({ value: one, label: t(`builder.lengths.${one}`) }))}
        value={unit}
        onChange={(chosen) => {
          const next = chosen as Unit;
          setUnit(next);
          write(amount, next);
        }}
        allowDeselect={false}
        w={130}
      />
    </Group>
  );
}
