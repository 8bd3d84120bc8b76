import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Written } from "./LanguageTabs";
import { answer, api } from "@/api/client";
import { Button, Group, Stack, Text, TextInput } from "@/kit/kit";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";

interface TestSendProps {
  templateId: string;
  written: Written;
  customerId: string;
  saved: boolean;
}

/** Sends the kept template to one address, through the outbox and marked as a test. */
export function TestSend({ templateId, written, customerId, saved }: TestSendProps) {
  const { t } = useTranslation();
  const [to, setTo] = useState("");
  const send = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/templates/{template_id}/test", {
          params: { path: { template_id: templateId } },
          body: { to, language: written, customer_id: customerId || null },
        }),
      ),
  });
  return (
    <Section title={t("templates.test")} lead={saved ? t("templates.test_lead") : t("templates.test_save_first")}>
      <Stack gap="sm">
        <Group gap="sm" align="flex-end">
          <TextInput
            type="email"
            label={t("templates.test_to")}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            style={{ flex: "1 1 200px" }}
          />
          <Button
            variant="default"
            disabled={!to.includes("@") || !saved}
            loading={send.isPending}
            onClick={() => send.mutate()}
          >
            {t("templates.test_send")}
          </Button>
        </Group>
        {send.error && <ErrorState error={send.error} />}
        {send.isSuccess && (
          <Text size="sm" role="status">
            {t("templates.test_sent")}
          </Text>
        )}
      </Stack>
    </Section>
  );
}
