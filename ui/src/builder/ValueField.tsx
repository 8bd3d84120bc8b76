import { useTranslation } from "react-i18next";
import { DateField } from "./DateField";
import { shown, type Value } from "./document";
import { DurationField } from "./DurationField";
import { NumberField } from "./NumberField";
import { StepsField } from "./StepsField";
import { TextField, TextsField } from "./TextField";
import { controlOf, type Sign, type Term } from "./values";
import { Code, Group, Select, TagsInput, Text } from "@/kit/kit";

export interface FieldProps<Kind extends Value = Value> {
  term: Term;
  /** What the control is called for readers of the screen. */
  label: string;
  value: Kind;
  onChange: (value: Value) => void;
  /** The query up to the value, to ask which values there are. */
  before: string;
}

interface ValueFieldProps extends Omit<FieldProps, "value"> {
  takes: Sign["takes"];
  value: Value | undefined;
}

type List = Extract<Value, { type: "list" }>;

function BooleanField({ label, value, onChange }: FieldProps<Extract<Value, { type: "boolean" }>>) {
  const { t } = useTranslation();
  return (
    <Select
      aria-label={label}
      data={[
        { value: "true", label: t("builder.yes") },
        { value: "false", label: t("builder.no") },
      ]}
      value={String(value.value)}
      onChange={(chosen) => onChange({ type: "boolean", value: chosen === "true" })}
      allowDeselect={false}
      w={110}
    />
  );
}

function NumbersField({ label, value, onChange }: FieldProps<List>) {
  const { t } = useTranslation();
  const written = value.values.map(shown);
  return (
    <TagsInput
      aria-label={label}
      placeholder={t("builder.add_values")}
      value={written}
      onChange={(all) => {
        const numbers = all.map((one) => one.replace(",", ".").trim()).filter((one) => /^-?\d+(\.\d+)?$/.test(one));
        onChange({ type: "list", values: numbers.map((number) => ({ type: "number", number })) });
      }}
      style={{ flex: 1, minWidth: 180 }}
    />
  );
}

function RangeField({ value, ...field }: FieldProps<Extract<Value, { type: "range" }>>) {
  const { t } = useTranslation();
  const { label, onChange } = field;
  return (
    <Group gap="xs">
      <ValueField
        {...field}
        takes="one"
        label={t("builder.from", { label })}
        value={value.low}
        onChange={(low) => onChange({ ...value, low })}
      />
      <Text size="sm">{t("builder.and_between")}</Text>
      <ValueField
        {...field}
        takes="one"
        label={t("builder.to", { label })}
        value={value.high}
        onChange={(high) => onChange({ ...value, high })}
      />
    </Group>
  );
}

function PlaceField({ value, onChange, ...field }: FieldProps<List>) {
  const { t } = useTranslation();
  const [north, east] = value.values as [Value, Value];
  return (
    <Group gap="xs">
      <NumberField
        {...field}
        label={t("builder.north")}
        value={north}
        onChange={(one) => onChange({ ...value, values: [one, east] })}
      />
      <NumberField
        {...field}
        label={t("builder.east")}
        value={east}
        onChange={(one) => onChange({ ...value, values: [north, one] })}
      />
    </Group>
  );
}

/** The control for a value; one that no control can edit without loss is shown as it stands in the query. */
export function ValueField({ takes, value, ...field }: ValueFieldProps) {
  const { t } = useTranslation();
  const control = controlOf(field.term, takes, value);
  if (control === "none" || value === undefined) return null;
  const one = { ...field, value };
  const many = { ...field, value: value as List };
  switch (control) {
    case "text":
      return <TextField {...one} />;
    case "texts":
      return <TextsField {...many} />;
    case "number":
    case "share":
      return <NumberField {...one} />;
    case "numbers":
      return <NumbersField {...many} />;
    case "boolean":
      return <BooleanField {...field} value={value as Extract<Value, { type: "boolean" }>} />;
    case "date":
      return <DateField {...one} />;
    case "duration":
      return <DurationField {...field} value={value as Extract<Value, { type: "duration" }>} />;
    case "range":
      return <RangeField {...field} value={value as Extract<Value, { type: "range" }>} />;
    case "steps":
      return <StepsField {...many} />;
    case "place":
      return <PlaceField {...many} />;
    case null:
      return (
        <Group gap="xs">
          <Code>{shown(value)}</Code>
          <Text size="sm" c="dimmed">
            {t("builder.locked")}
          </Text>
        </Group>
      );
  }
}
