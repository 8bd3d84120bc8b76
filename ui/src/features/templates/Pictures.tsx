import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { FileInput, Select, Stack } from "@/kit/kit";
import { ErrorState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Choose an uploaded picture, or upload one: this server shows it, and no other. */
export function Pictures({ value, onChange }: { value: string; onChange: (pictureId: string) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data } = useAnswer({
    key: ["pictures"],
    ask: (signal) => answer(api.GET("/api/pictures", { signal })),
  });
  const add = useMutation({
    mutationFn: async (file: File) =>
      answer(api.POST("/api/pictures", { body: { name: file.name, content: await base64(file) } })),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["pictures"] });
      onChange(made.picture_id);
    },
  });
  return (
    <Stack gap="xs">
      <Select
        label={t("templates.fields.image")}
        value={value || null}
        data={(data?.pictures ?? []).map((one) => ({ value: one.picture_id, label: one.name }))}
        onChange={(found) => found && onChange(found)}
        allowDeselect={false}
      />
      <FileInput
        label={t("templates.upload")}
        accept="image/png,image/jpeg,image/gif"
        onChange={(file) => file && add.mutate(file)}
        disabled={add.isPending}
      />
      {add.error && <ErrorState error={add.error} />}
    </Stack>
  );
}
