import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Copied } from "@/shared/Copied";
import { snippet } from "./snippet";
import { answer, api, type Schemas } from "@/api/client";
import { Alert, Button, Group, Modal, SegmentedControl, Stack, Text, TextInput } from "@/kit/kit";
import { ErrorState } from "@/shared/states";

const kinds = ["browser", "server"] as const;
type Kind = (typeof kinds)[number];

/** The key's text, this once; for a browser key what to paste, and the secret of its user tokens. */
function Made({ made, onClose }: { made: Schemas["NewKey"]; onClose: () => void }) {
  const { t } = useTranslation();
  const secret = made.key.user_token_secret;
  return (
    <Stack gap="md">
      <Alert color="teal">{t("keys.shown_once")}</Alert>
      <Copied label={t("keys.text")} text={made.text} />
      {secret && (
        <>
          <Copied label={t("keys.snippet")} text={snippet(made.text, window.location.origin)} />
          <Text size="sm" c="dimmed">
            {t("keys.snippet_text")}
          </Text>
          <Copied label={t("keys.secret")} text={secret} />
          <Text size="sm" c="dimmed">
            {t("keys.secret_text")}
          </Text>
        </>
      )}
      <Group justify="flex-end">
        <Button onClick={onClose}>{t("common.close")}</Button>
      </Group>
    </Stack>
  );
}

function Dialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [kind, setKind] = useState<Kind>("browser");
  const [name, setName] = useState("");
  const [source, setSource] = useState("");
  const making = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), kind, source: source.trim() || "api", scopes: [] };
      return answer(api.POST("/api/keys", { body }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["keys"] }),
  });
  if (making.data) return <Made made={making.data} onClose={onClose} />;
  return (
    <Stack gap="md">
      {making.error && <ErrorState error={making.error} />}
      <SegmentedControl
        data={kinds.map((value) => ({ value, label: t(`keys.kinds.${value}`) }))}
        value={kind}
        onChange={(value) => setKind(value as Kind)}
        aria-label={t("keys.kind")}
      />
      <Text size="sm" c="dimmed">
        {t(`keys.kind_hints.${kind}`)}
      </Text>
      <TextInput
        label={t("keys.name")}
        description={t("keys.name_hint")}
        value={name}
        maxLength={100}
        required
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t("keys.source")}
        description={t("keys.source_hint")}
        placeholder="api"
        value={source}
        maxLength={50}
        onChange={(event) => setSource(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button disabled={!name.trim()} loading={making.isPending} onClick={() => making.mutate()}>
          {t("keys.create")}
        </Button>
      </Group>
    </Stack>
  );
}

/** A new key, and what to do with it. */
export function NewKey({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="xl"
      title={t("keys.new")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <Dialog onClose={onClose} />
    </Modal>
  );
}
