import { useTranslation } from "react-i18next";
import { fields, type Block, type FieldKind } from "./blocks";
import type { Written } from "./LanguageTabs";
import { Pictures } from "./Pictures";
import { ShowFields, type Show } from "./ShowFields";
import { Checkbox, NumberInput, Select, Stack, TextInput, Textarea } from "@/kit/kit";

const sources = ["products", "recommended", "viewed", "popular", "wishlist", "owned", "replenish", "cart", "order"];

type Texts = Record<string, string>;

interface FieldProps {
  label: string;
  kind: FieldKind;
  value: unknown;
  written: Written;
  shared: string[];
  onChange: (value: unknown) => void;
}

function Field({ label, kind, value, written, shared, onChange }: FieldProps) {
  const { t } = useTranslation();
  const texts = (value ?? {}) as Texts;
  const plain = typeof value === "string" ? value : "";
  const write = (text: string) => onChange({ ...texts, [written]: text });
  if (kind === "line")
    return (
      <TextInput label={label} value={texts[written] ?? ""} onChange={(event) => write(event.currentTarget.value)} />
    );
  if (kind === "text")
    return (
      <Textarea
        label={label}
        description={t("templates.marks")}
        value={texts[written] ?? ""}
        onChange={(event) => write(event.currentTarget.value)}
        autosize
        minRows={3}
      />
    );
  if (kind === "code")
    return (
      <Textarea
        label={label}
        description={t("templates.code_hint")}
        value={plain}
        onChange={(event) => onChange(event.currentTarget.value)}
        autosize
        minRows={6}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
    );
  if (kind === "url")
    return <TextInput label={label} value={plain} onChange={(event) => onChange(event.currentTarget.value || null)} />;
  if (kind === "flag")
    return (
      <Checkbox label={label} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
    );
  if (kind === "limit")
    return (
      <NumberInput
        label={label}
        min={1}
        max={12}
        value={(value as number | undefined) ?? 4}
        onChange={(found) => onChange(Number(found) || 1)}
      />
    );
  if (kind === "picture") return <Pictures value={plain} onChange={onChange} />;
  const data =
    kind === "shared" ? shared : sources.map((one) => ({ value: one, label: t(`templates.sources.${one}`) }));
  return (
    <Select
      label={label}
      value={plain || null}
      data={data}
      onChange={(found) => found && onChange(found)}
      allowDeselect={false}
    />
  );
}

interface PointsProps {
  points: { title: Texts; text: Texts }[];
  written: Written;
  onChange: (points: { title: Texts; text: Texts }[]) => void;
}

function Points({ points, written, onChange }: PointsProps) {
  const { t } = useTranslation();
  const put = (at: number, part: "title" | "text", text: string) =>
    onChange(points.map((one, place) => (place === at ? { ...one, [part]: { ...one[part], [written]: text } } : one)));
  return (
    <Stack gap="xs">
      {points.map((one, at) => (
        <Stack key={at} gap={4}>
          <TextInput
            label={t("templates.point_title", { number: at + 1 })}
            value={one.title[written] ?? ""}
            onChange={(event) => put(at, "title", event.currentTarget.value)}
          />
          <Textarea
            aria-label={t("templates.point_text", { number: at + 1 })}
            value={one.text[written] ?? ""}
            onChange={(event) => put(at, "text", event.currentTarget.value)}
            autosize
          />
        </Stack>
      ))}
    </Stack>
  );
}

interface BlockFieldsProps {
  block: Block;
  written: Written;
  shared: string[];
  onChange: (block: Block) => void;
}

/** The form of one block, and who sees it. */
export function BlockFields({ block, written, shared, onChange }: BlockFieldsProps) {
  const { t } = useTranslation();
  const values = block as unknown as Record<string, unknown>;
  const put = (name: string, value: unknown) => onChange({ ...values, [name]: value } as unknown as Block);
  return (
    <Stack gap="sm" mt="sm">
      {fields[block.type].map(([name, kind]) =>
        kind === "points" ? (
          <Points
            key={name}
            points={(values[name] ?? []) as PointsProps["points"]}
            written={written}
            onChange={(points) => put(name, points)}
          />
        ) : (
          <Field
            key={name}
            label={t(`templates.fields.${name}`)}
            kind={kind}
            value={values[name]}
            written={written}
            shared={shared}
            onChange={(value) => put(name, value)}
          />
        ),
      )}
      <ShowFields show={(values["show"] ?? null) as Show | null} onChange={(show) => put("show", show)} />
      <Select
        label={t("templates.hide_on")}
        value={(values["hide_on"] as string | null | undefined) ?? null}
        onChange={(value) => put("hide_on", value)}
        data={["phone", "desktop"].map((value) => ({ value, label: t(`mailbox.${value}`) }))}
        placeholder={t("templates.hide_nowhere")}
        clearable
      />
    </Stack>
  );
}
