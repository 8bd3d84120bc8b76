import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Decision, Guard, WarmUp } from "./Guard";
import { Providers } from "./Providers";
import { Keys, Records } from "./Records";
import { answer, api } from "@/api/client";
import { Badge, Button, Group, Select, Stack, Text, TextInput } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Known = Schemas["KnownDomain"];

function useActs(domain: string) {
  const queries = useQueryClient();
  const path = { path: { domain } };
  const after = { onSuccess: () => queries.invalidateQueries({ queryKey: ["domains"] }) };
  const check = useMutation({
    mutationFn: () => answer(api.POST("/api/domains/{domain}/check", { params: path })),
    ...after,
  });
  const make = useMutation({
    mutationFn: () => answer(api.POST("/api/domains/{domain}/keys", { params: path })),
    ...after,
  });
  const decide = useMutation({
    mutationFn: (reason: string | null) =>
      answer(api.POST("/api/domains/{domain}/decision", { params: path, body: { reason } })),
    ...after,
  });
  const close = useMutation({
    mutationFn: (incident: number) =>
      answer(
        api.POST("/api/domains/{domain}/incidents/{incident_id}/close", {
          params: { path: { domain, incident_id: incident } },
        }),
      ),
    ...after,
  });
  return { check, make, decide, close };
}

function Domain({ domain }: { domain: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useAnswer({
    key: ["domains", domain],
    ask: (signal) => answer(api.GET("/api/domains/{domain}", { params: { path: { domain } }, signal })),
    keep: true,
  });
  const { check, make, decide, close } = useActs(domain);
  const failed = check.error ?? make.error ?? decide.error ?? close.error;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState />;
  return (
    <Stack gap="lg">
      {failed && <ErrorState error={failed} />}
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Badge color={data.may_send ? "teal" : "red"} variant="light" tt="none">
            {t(data.may_send ? "domains.may_send" : "domains.waits")}
          </Badge>
          <Text size="sm" c="dimmed">
            {data.checked_at
              ? t("domains.checked", { date: format.dateTime(data.checked_at) })
              : t("domains.never_checked")}
          </Text>
        </Group>
        <Button loading={check.isPending} onClick={() => check.mutate()}>
          {t("domains.check")}
        </Button>
      </Group>
      <Records health={data} />
      <Keys
        health={data}
        make={
          <Button variant="default" size="compact-sm" loading={make.isPending} onClick={() => make.mutate()}>
            {t("domains.make_keys")}
          </Button>
        }
      />
      <Providers health={data} />
      <WarmUp health={data} />
      <Guard health={data} onClose={(incident) => close.mutate(incident)} />
      <Decision health={data} onDecide={(reason) => decide.mutate(reason)} />
    </Stack>
  );
}

function Choose({ known, chosen, onChoose }: { known: Known[]; chosen: string; onChoose: (domain: string) => void }) {
  const { t } = useTranslation();
  const [other, setOther] = useState("");
  return (
    <Section title={t("domains.which")} lead={known.length === 0 ? t("domains.none") : undefined}>
      <Group gap="sm" align="end">
        {known.length > 1 && (
          <Select
            label={t("domains.domain")}
            data={known.map((one) => one.domain)}
            value={chosen || null}
            allowDeselect={false}
            onChange={(domain) => domain && onChoose(domain)}
          />
        )}
        <TextInput
          label={t("domains.other")}
          placeholder="news.boutique.fr"
          value={other}
          maxLength={253}
          onChange={(event) => setOther(event.currentTarget.value)}
        />
        <Button variant="default" disabled={!other.includes(".")} onClick={() => onChoose(other.trim().toLowerCase())}>
          {t("domains.look")}
        </Button>
      </Group>
    </Section>
  );
}

/** Sending domains: whether mail by them arrives, and what to do where it does not. */
export function DomainsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { domain } = useSearch({ from: "/domains" });
  const { data, error, refetch } = useAnswer({
    key: ["domains"],
    ask: (signal) => answer(api.GET("/api/domains", { signal })),
  });
  const chosen = domain ?? data?.domains[0]?.domain ?? "";
  return (
    <>
      <PageHead title={chosen ? t("domains.of", { domain: chosen }) : t("domains.title")} lead={t("domains.lead")} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Stack gap="lg">
          {chosen && <Domain key={chosen} domain={chosen} />}
          <Choose
            known={data.domains}
            chosen={chosen}
            onChoose={(next) => void navigate({ to: "/domains", search: { domain: next } })}
          />
        </Stack>
      )}
    </>
  );
}
