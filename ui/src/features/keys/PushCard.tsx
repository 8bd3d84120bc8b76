import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Copied } from "@/shared/Copied";
import { pushButton, pushWorker } from "./snippet";
import { answer, api, type Schemas } from "@/api/client";
import { Button, Card, Group, SimpleGrid, Stack, Text, TextInput, Title } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Push = Schemas["PushState"];

/** Where push services reach the merchant: all that web push needs to be turned on. */
function Contact({ push }: { push: Push }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [contact, setContact] = useState(push.contact ?? "mailto:");
  const saving = useMutation({
    mutationFn: () => answer(api.PUT("/api/push", { body: { contact: contact.trim(), new_key: false } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["push"] }),
  });
  return (
    <>
      {saving.error && <ErrorState error={saving.error} />}
      <Group align="flex-end" gap="sm">
        <TextInput
          label={t("keys.push.contact")}
          description={t("keys.push.contact_hint")}
          value={contact}
          maxLength={300}
          style={{ flex: "1 1 18rem" }}
          onChange={(event) => setContact(event.currentTarget.value)}
        />
        <Button
          variant={push.public_key ? "default" : "filled"}
          disabled={contact.trim() === (push.contact ?? "mailto:")}
          loading={saving.isPending}
          onClick={() => saving.mutate()}
        >
          {t(push.public_key ? "keys.push.save" : "keys.push.turn_on")}
        </Button>
      </Group>
    </>
  );
}

const counts = ["devices", "customers", "unknown"] as const;

function Devices({ push }: { push: Push }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs">
      {counts.map((name) => (
        <div key={name}>
          <Text size="sm" c="dimmed">
            {t(`keys.push.counts.${name}`)}
          </Text>
          <Text fz={20} fw={600} className="number">
            {format.number(push[name])}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

/** Web push: how many devices take notifications, and what to paste. */
export function PushCard() {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnswer({
    key: ["push"],
    ask: (signal) => answer(api.GET("/api/push", { signal })),
  });
  return (
    <Card>
      <Stack gap="md">
        <Title order={2} size="h4">
          {t("keys.push.title")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("keys.push.lead")}
        </Text>
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState />}
        {data?.public_key && <Devices push={data} />}
        {data && <Contact key={data.contact ?? ""} push={data} />}
        {data?.public_key && (
          <>
            <Copied label={t("keys.push.worker")} text={pushWorker(window.location.origin)} />
            <Copied label={t("keys.push.button")} text={pushButton(t("keys.push.text"), t("keys.push.yes"))} />
          </>
        )}
      </Stack>
    </Card>
  );
}
