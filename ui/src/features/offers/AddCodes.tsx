import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Alert, Button, FileInput, Group, Stack, Textarea } from "@/kit/kit";
import { ErrorState } from "@/shared/states";

/** Codes from a file or from the clipboard, into the pool of one offer. */
export function AddCodes({ offerId, onClose }: { offerId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [text, setText] = useState("");
  const adding = useMutation({
    mutationFn: async () => {
      const params = { path: { offer_id: offerId } };
      const brought = file ? await file.text() : text;
      return answer(api.POST("/api/offers/{offer_id}/codes", { params, body: { codes: [], file: brought } }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["offers"] }),
  });
  if (adding.data)
    return (
      <Stack gap="md">
        <Alert color={adding.data.added > 0 ? "teal" : "orange"}>{t("offers.added", { ...adding.data })}</Alert>
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("common.close")}</Button>
        </Group>
      </Stack>
    );
  return (
    <Stack gap="md">
      {adding.error && <ErrorState error={adding.error} />}
      <FileInput
        label={t("offers.file")}
        description={t("offers.file_hint")}
        placeholder={t("people.choose_file")}
        accept=".csv,.txt,text/csv,text/plain"
        value={file}
        onChange={setFile}
      />
      <Textarea
        label={t("offers.pasted")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        disabled={file !== null}
        autosize
        minRows={3}
        maxRows={10}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button disabled={!file && !text.trim()} loading={adding.isPending} onClick={() => adding.mutate()}>
          {t("offers.add")}
        </Button>
      </Group>
    </Stack>
  );
}
