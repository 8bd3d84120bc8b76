import { useTranslation } from "react-i18next";
import type { Value } from "./document";
import type { FieldProps } from "./ValueField";
import { Group, NumberInput, Select, TextInput } from "@/kit/kit";

type Moment = Extract<Value, { type: "day" | "instant" | "offset" | "named" }>;
type Way = "ago" | "ahead" | "day" | "instant" | "today" | "yesterday" | "now";

const ways: readonly Way[] = ["ago", "ahead", "today", "yesterday", "now", "day", "instant"];
const units = ["d", "w", "m", "y", "h", "min"] as const;

function wayOf(value: Moment): Way {
  if (value.type === "offset") return value.amount > 0 ? "ahead" : "ago";
  return value.type === "named" ? (value.name as Way) : value.type;
}

function startOf(way: Way): Moment {
  switch (way) {
    case "ago":
      return { type: "offset", amount: -30, unit: "d" };
    case "ahead":
      return { type: "offset", amount: 30, unit: "d" };
    case "day":
      return { type: "day", day: "" };
    case "instant":
      return { type: "instant", instant: "" };
    default:
      return { type: "named", name: way };
  }
}

/** A moment: so long ago or ahead, a day, an instant of the shop's clock, or one with a name. */
export function DateField({ label, value, onChange }: FieldProps) {
  const { t } = useTranslation();
  const moment = value as Moment;
  const way = wayOf(moment);
  return (
    <Group gap="xs">
      <Select
        aria-label={t("builder.moment_of", { label })}
        data={ways.map((one) => ({ value: one, label: t(`builder.ways.${one}`) }))}
        value={way}
        onChange={(chosen) => onChange(startOf(chosen as Way))}
        allowDeselect={false}
        w={150}
      />
      {moment.type === "offset" && (
        <>
          <NumberInput
            aria-label={label}
            value={Math.abs(moment.amount)}
            min={way === "ahead" ? 1 : 0}
            max={99_999}
            decimalScale={0}
            onChange={(amount) => onChange({ ...moment, amount: (way === "ahead" ? 1 : -1) * Number(amount) || 0 })}
            w={80}
          />
          <Select
            aria-label={t("builder.unit_of", { label })}
            data={units.map((one) => ({ value: one, label: t(`builder.units.${one}`) }))}
            value={moment.unit}
            onChange={(unit) => onChange({ ...moment, unit: unit ?? moment.unit })}
            allowDeselect={false}
            w={110}
          />
        </>
      )}
      {moment.type === "day" && (
        <TextInput
          type="date"
          aria-label={label}
          value={moment.day}
          error={moment.day === ""}
          onChange={(event) => onChange({ type: "day", day: event.currentTarget.value })}
        />
      )}
      {moment.type === "instant" && (
        <TextInput
          type="datetime-local"
          step={1}
          aria-label={label}
          value={moment.instant}
          error={moment.instant === ""}
          onChange={(event) => onChange({ type: "instant", instant: withSeconds(event.currentTarget.value) })}
        />
      )}
    </Group>
  );
}

/** Browsers leave out seconds that are zero; the language writes them. */
function withSeconds(written: string): string {
  return /T\d\d:\d\d$/.test(written) ? `${written}:00` : written;
}
