import { useTranslation } from "react-i18next";
import { readPlace, readSpan, units, writePlace, writeSpan, type Span } from "./spans";
import { Autocomplete, Group, NumberInput, Select, TextInput } from "@/kit/kit";
import { useNumbers } from "@/shared/numbers";
import { useSigned } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

export interface ChoiceProps {
  label: string;
  hint: string | undefined;
  /** The default; null where the merchant has to choose or may leave it out. */
  usual: string | null;
  required: boolean;
  /** As the server reads it: a decimal point, no unit but that of a length of time. */
  value: string;
  onChange: (value: string) => void;
}

/** The hint of a field; an emptied one says what is taken instead. */
function useDescription({ hint, usual, value }: ChoiceProps, told: (usual: string) => string): string | undefined {
  const { t } = useTranslation();
  return usual !== null && value.trim() === "" ? t("library.usual", { value: told(usual) }) : hint;
}

/** A number with its unit: the shop's currency, percent, or days. */
export function NumberChoice({ kind, ...field }: ChoiceProps & { kind: string }) {
  const { t } = useTranslation();
  const { format } = useSigned();
  const numbers = useNumbers();
  const unit = { money: format.currencySign, percent: "%", days: t("library.units.d") }[kind];
  return (
    <NumberInput
      {...numbers}
      label={field.label}
      description={useDescription(field, (usual) => [usual, unit].filter(Boolean).join("\u00a0"))}
      required={field.required}
      min={0}
      decimalScale={kind === "days" ? 0 : 2}
      maxLength={20}
      rightSection={unit}
      rightSectionWidth={kind === "days" ? 64 : 40}
      hideControls={unit !== undefined}
      value={field.value}
      onChange={(value) => field.onChange(String(value))}
    />
  );
}

/** A length of time: a number and its unit. */
export function SpanChoice({ kind, ...field }: ChoiceProps & { kind: string }) {
  const { t } = useTranslation();
  const offered: readonly string[] = kind === "duration" ? units.duration : units.period;
  const usual = readSpan(field.usual ?? "");
  const span: Span = readSpan(field.value) ?? { amount: "", unit: usual?.unit ?? "d" };
  const known = offered.includes(span.unit) ? offered : [span.unit, ...offered];
  const description = useDescription(field, () =>
    usual ? `${usual.amount}\u00a0${t(`library.units.${usual.unit}`)}` : "",
  );
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NumberInput
        label={field.label}
        description={description}
        required={field.required}
        min={0}
        max={99_999}
        decimalScale={0}
        allowNegative={false}
        value={span.amount}
        onChange={(amount) => field.onChange(writeSpan({ ...span, amount: String(amount) }))}
        style={{ flex: 1 }}
      />
      <Select
        aria-label={t("library.unit_of", { label: field.label })}
        data={known.map((value) => ({ value, label: t(`library.units.${value}`) }))}
        value={span.unit}
        onChange={(unit) => field.onChange(writeSpan({ ...span, unit: unit ?? span.unit }))}
        allowDeselect={false}
        disabled={span.amount === ""}
        w={112}
      />
    </Group>
  );
}

/** A place on the globe: degrees north and degrees east. */
export function PlaceChoice({ example, ...field }: ChoiceProps & { example: string }) {
  const { t } = useTranslation();
  const place = readPlace(field.value);
  const such = readPlace(example);
  const degrees = { decimalScale: 6, hideControls: true, rightSection: "°", style: { flex: 1 } };
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NumberInput
        {...degrees}
        label={t("library.north", { label: field.label })}
        placeholder={such[0]}
        required={field.required}
        min={-90}
        max={90}
        value={place[0]}
        onChange={(north) => field.onChange(writePlace([String(north), place[1]]))}
      />
      <NumberInput
        {...degrees}
        label={t("library.east")}
        placeholder={such[1]}
        required={field.required}
        min={-180}
        max={180}
        value={place[1]}
        onChange={(east) => field.onChange(writePlace([place[0], String(east)]))}
      />
    </Group>
  );
}

/** A value of the shop's own data, found while one types its name; another may be written as well. */
export function OfferedChoice({ offered, ...field }: ChoiceProps & { offered: Schemas["LibraryOffer"][] }) {
  const labelOf = (value: string) => offered.find((one) => one.value === value)?.label ?? value;
  return (
    <Autocomplete
      label={field.label}
      description={useDescription(field, labelOf)}
      required={field.required}
      maxLength={200}
      data={[...new Set(offered.map((one) => one.label))]}
      limit={50}
      value={labelOf(field.value)}
      onChange={(text) => field.onChange(offered.find((one) => one.label === text)?.value ?? text)}
    />
  );
}

export function TextChoice(field: ChoiceProps) {
  return (
    <TextInput
      label={field.label}
      description={useDescription(field, (usual) => usual)}
      required={field.required}
      maxLength={200}
      value={field.value}
      onChange={(event) => field.onChange(event.currentTarget.value)}
    />
  );
}
