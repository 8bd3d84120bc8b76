import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, refusal } from "@/api/client";
import { SaveIcon } from "@/icons/icons";
import { Button, Checkbox, Group, Select, Stack, Text, notify } from "@/kit/kit";
import { ErrorState } from "@/shared/states";

const forms = ["csv", "parquet", "google", "meta"] as const;
type Form = (typeof forms)[number];

interface ExportFormProps {
  /** The segment or the list whose people are taken. */
  of: { segment: string } | { list: string };
  name: string;
}

/** Asks for the file, and hands it to the browser to be kept. */
async function fetchFile(of: ExportFormProps["of"], form: Form, language: "en" | "fr") {
  const query = { format: form, dialect: language, mark: form === "csv" && language === "fr" };
  const { data, error, response } =
    "segment" in of
      ? await api.GET("/api/segments/{segment_id}/export", {
          params: { path: { segment_id: of.segment }, query },
          parseAs: "blob",
        })
      : await api.GET("/api/lists/{list_id}/export", {
          params: { path: { list_id: of.list }, query },
          parseAs: "blob",
        });
  if (!response.ok) throw refusal(response, error);
  const told = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "");
  return {
    content: data as unknown as Blob,
    file: told?.[1] ?? `relance.${form === "parquet" ? "parquet" : "csv"}`,
    people: response.headers.get("X-Relance-People") ?? "",
    leftOut: response.headers.get("X-Relance-Left-Out") ?? "",
  };
}

function keep(content: Blob, file: string) {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = file;
  link.click();
  URL.revokeObjectURL(address);
}

/** The people as a file: CSV, Parquet, or a hashed audience for an ad platform. */
export function ExportForm({ of, name }: ExportFormProps) {
  const { t, i18n } = useTranslation();
  const [form, setForm] = useState<Form>("csv");
  const [french, setFrench] = useState(i18n.language === "fr");
  const hashed = form === "google" || form === "meta";
  const take = useMutation({
    mutationFn: () => fetchFile(of, form, french ? "fr" : "en"),
    onSuccess: ({ content, file, people, leftOut }) => {
      keep(content, file);
      void notify(t("export.done", { people, left_out: leftOut, name }));
    },
  });
  return (
    <Stack gap="sm" align="flex-start">
      {take.error && <ErrorState error={take.error} />}
      <Select
        label={t("export.form")}
        data={forms.map((value) => ({ value, label: t(`export.forms.${value}`) }))}
        value={form}
        onChange={(value) => setForm((value ?? "csv") as Form)}
        allowDeselect={false}
        w={{ base: "100%", xs: 340 }}
      />
      {form === "csv" && (
        <Checkbox
          label={t("export.french")}
          checked={french}
          onChange={(event) => setFrench(event.currentTarget.checked)}
        />
      )}
      <Text size="sm" c="dimmed" maw={560}>
        {hashed ? t("export.hashed_text") : t("export.text")}
      </Text>
      <Group>
        <Button leftSection={<SaveIcon />} onClick={() => take.mutate()} loading={take.isPending}>
          {t("export.take")}
        </Button>
      </Group>
    </Stack>
  );
}
