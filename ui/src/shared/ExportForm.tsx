import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { SaveIcon } from "@/icons/icons";
import { Button, Checkbox, Group, MultiSelect, Select, Stack, Text, notify } from "@/kit/kit";
import { fileOf, keepFile } from "@/shared/download";
import { TextLink } from "@/shared/links";
import { ErrorState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

const forms = ["csv", "parquet", "google", "meta"] as const;
type Form = (typeof forms)[number];
const groups = ["person", "figures", "own"] as const;

interface ExportFormProps {
  /** The segment or the list whose people are taken. */
  of: { segment: string } | { list: string };
  name: string;
}

interface Asked {
  form: Form;
  french: boolean;
  columns: string[];
  purpose: string;
}

const isAudience = (form: Form) => form === "google" || form === "meta";

function fetchFile(of: ExportFormProps["of"], { form, french, columns, purpose }: Asked) {
  const query = {
    format: form,
    dialect: french ? ("fr" as const) : ("en" as const),
    mark: form === "csv" && french,
    ...(isAudience(form) ? { purpose } : { columns }),
  };
  return fileOf(
    "segment" in of
      ? api.GET("/api/segments/{segment_id}/export", {
          params: { path: { segment_id: of.segment }, query },
          parseAs: "blob",
        })
      : api.GET("/api/lists/{list_id}/export", { params: { path: { list_id: of.list }, query }, parseAs: "blob" }),
  );
}

/** The columns of a file, in their groups; the order in which they are chosen is theirs in the file. */
function ColumnsField({
  known,
  columns,
  onChange,
}: {
  known: Schemas["ExportColumn"][];
  columns: string[];
  onChange: (columns: string[]) => void;
}) {
  const { t } = useTranslation();
  const data = groups.map((group) => ({
    group: t(`export.groups.${group}`),
    items: known.filter((one) => one.group === group).map((one) => ({ value: one.name, label: one.label })),
  }));
  return (
    <MultiSelect
      label={t("export.columns")}
      description={t("export.columns_hint")}
      data={data.filter((group) => group.items.length > 0)}
      value={columns}
      onChange={onChange}
      searchable
      nothingFoundMessage={t("export.no_column")}
      w="100%"
      maw={640}
    />
  );
}

/** The people as a file: CSV, Parquet, or a hashed audience for an ad platform. */
export function ExportForm({ of, name }: ExportFormProps) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState<Form>("csv");
  const [french, setFrench] = useState(i18n.language === "fr");
  const [chosen, setChosen] = useState<string[] | null>(null);
  const [purpose, setPurpose] = useState("advertising");
  const { data: choices, error } = useAnswer({
    key: ["exports", "columns"],
    ask: (signal) => answer(api.GET("/api/exports/columns", { signal })),
  });
  const known = choices?.columns ?? [];
  const columns = chosen ?? known.filter((one) => one.usual).map((one) => one.name);
  const take = useMutation({
    mutationFn: () => fetchFile(of, { form, french, columns, purpose }),
    onSuccess: async (taken) => {
      keepFile(taken);
      void notify(t("export.done", { people: taken.people, left_out: taken.leftOut, name }));
      await queries.invalidateQueries({ queryKey: ["exports", "log"] });
    },
  });
  return (
    <Stack gap="sm" align="flex-start">
      {error && <ErrorState error={error} />}
      {take.error && <ErrorState error={take.error} />}
      <Select
        label={t("export.form")}
        data={forms.map((value) => ({ value, label: t(`export.forms.${value}`) }))}
        value={form}
        onChange={(value) => setForm((value ?? "csv") as Form)}
        allowDeselect={false}
        w={{ base: "100%", xs: 340 }}
      />
      {isAudience(form) ? (
        <Select
          label={t("export.purpose")}
          description={t("export.purpose_hint")}
          data={choices?.purposes.map((one) => ({ value: one.purpose, label: one.label })) ?? []}
          value={purpose}
          onChange={(value) => setPurpose(value ?? "advertising")}
          allowDeselect={false}
          w="100%"
          maw={460}
        />
      ) : (
        <ColumnsField known={known} columns={columns} onChange={setChosen} />
      )}
      {form === "csv" && (
        <Checkbox
          label={t("export.french")}
          checked={french}
          onChange={(event) => setFrench(event.currentTarget.checked)}
        />
      )}
      <Text size="sm" c="dimmed" maw={560}>
        {isAudience(form) ? t("export.hashed_text") : t("export.text")}{" "}
        <TextLink to="/exports" inherit underline="always">
          {t("export.to_log")}
        </TextLink>
      </Text>
      <Group>
        <Button
          leftSection={<SaveIcon />}
          onClick={() => take.mutate()}
          loading={take.isPending}
          disabled={!choices || (!isAudience(form) && columns.length === 0)}
        >
          {t("export.take")}
        </Button>
      </Group>
    </Stack>
  );
}
