import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Copied } from "@/shared/Copied";
import { NewKey } from "./NewKey";
import { PushCard } from "./PushCard";
import { answer, api, type Schemas } from "@/api/client";
import { KeyIcon, PlusIcon } from "@/icons/icons";
import { Badge, Button, Card, Group, Modal, Stack, Text, useDisclosure } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Key = Schemas["Key"];

/** One key: its secret, and the end of it. */
function Details({ one, onClose }: { one: Key; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => answer(api.DELETE("/api/keys/{key_id}", { params: { path: { key_id: one.key_id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["keys"] });
      onClose();
    },
  });
  return (
    <Stack gap="md">
      {revoking.error && <ErrorState error={revoking.error} />}
      {one.user_token_secret && (
        <>
          <Copied label={t("keys.secret")} text={one.user_token_secret} />
          <Text size="sm" c="dimmed">
            {t("keys.secret_text")}
          </Text>
        </>
      )}
      <Text size="sm">{t("keys.revoke_text")}</Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.close")}
        </Button>
        <Button color="red" loading={revoking.isPending} onClick={() => revoking.mutate()}>
          {t("keys.revoke")}
        </Button>
      </Group>
    </Stack>
  );
}

function Keys({ keys, onOpen }: { keys: Key[]; onOpen: (key: Key) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable
      caption={t("keys.title")}
      columns={[
        {
          key: "name",
          label: t("keys.name"),
          show: (one) => (
            <>
              {one.name}
              <Text size="sm" c="dimmed">
                {[one.key_id, ...one.scopes].join(" · ")}
              </Text>
            </>
          ),
        },
        {
          key: "kind",
          label: t("keys.kind"),
          show: (one) => <Badge color="gray">{t(`keys.kinds.${one.kind}`)}</Badge>,
        },
        { key: "source", label: t("keys.source"), show: (one) => one.source, from: "sm" },
        {
          key: "made",
          label: t("keys.made"),
          show: (one) => format.dateTime(one.created_at),
          right: true,
          from: "sm",
        },
        {
          key: "do",
          label: t("keys.state"),
          show: (one) =>
            one.revoked_at ? (
              t("keys.revoked", { date: format.dateTime(one.revoked_at) })
            ) : (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => onOpen(one)}
                aria-label={t("keys.open", { name: one.name })}
              >
                {t("keys.show")}
              </Button>
            ),
          right: true,
        },
      ]}
      rows={keys}
      id={(one) => one.key_id}
    />
  );
}

/** The keys with which pages and servers send what happens in the shop, and what to paste into its pages. */
export function KeysPage() {
  const { t } = useTranslation();
  const [making, dialog] = useDisclosure(false);
  const [shown, setShown] = useState<Key | null>(null);
  const { data, error, refetch } = useAnswer({
    key: ["keys"],
    ask: (signal) => answer(api.GET("/api/keys", { signal })),
  });
  const add = (
    <Button leftSection={<PlusIcon size={16} />} onClick={dialog.open}>
      {t("keys.new")}
    </Button>
  );
  return (
    <Stack gap="lg">
      <PageHead title={t("keys.title")} lead={t("keys.lead")} actions={add} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Card>
          {data.keys.length === 0 ? (
            <EmptyState icon={KeyIcon} title={t("keys.none")}>
              {t("keys.none_text")}
            </EmptyState>
          ) : (
            <Keys keys={data.keys} onOpen={setShown} />
          )}
        </Card>
      )}
      <PushCard />
      <NewKey key={String(making)} opened={making} onClose={dialog.close} />
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        size="lg"
        title={shown?.name}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {shown && <Details one={shown} onClose={() => setShown(null)} />}
      </Modal>
    </Stack>
  );
}
