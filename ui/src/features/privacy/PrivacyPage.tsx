import { useTranslation } from "react-i18next";
import { OnePerson } from "./OnePerson";
import { answer, api, type Schemas } from "@/api/client";
import { UserIcon } from "@/icons/icons";
import { Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Told = Schemas["Privacy"];

function Customer({ id }: { id: string }) {
  return (
    <TextLink to="/customers/$customerId" params={{ customerId: id }} inherit>
      {id}
    </TextLink>
  );
}

function Requests({ rows }: { rows: Told["requests"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (rows.length === 0) {
    return (
      <EmptyState icon={UserIcon} title={t("privacy.none")}>
        {t("privacy.none_text")}
      </EmptyState>
    );
  }
  return (
    <DataTable
      caption={t("privacy.requests")}
      columns={[
        { key: "label", label: t("privacy.request"), show: (one) => `${one.request_id} · ${one.label}` },
        {
          key: "who",
          label: t("privacy.customer"),
          show: (one) => (one.customer_id ? <Customer id={one.customer_id} /> : t("privacy.unknown")),
        },
        { key: "source", label: t("privacy.source"), show: (one) => one.source, from: "sm" },
        { key: "due", label: t("privacy.due_on"), show: (one) => format.date(one.due_on) },
      ]}
      rows={rows}
      id={(one) => String(one.request_id)}
    />
  );
}

function Silent({ told }: { told: Told }) {
  const { t } = useTranslation();
  const format = useFormat();
  const figures = {
    people: format.number(told.people),
    due: format.number(told.due),
    soon: format.number(told.soon),
    undated: format.number(told.undated),
  };
  return (
    <>
      <Text mb="sm">{t("privacy.silent_figures", figures)}</Text>
      {told.silent.length > 0 && (
        <DataTable
          caption={t("privacy.silent")}
          columns={[
            { key: "who", label: t("privacy.customer"), show: (one) => <Customer id={one.customer_id} /> },
            { key: "act", label: t("privacy.last_act"), show: (one) => one.act_label },
            { key: "last", label: t("privacy.last_day"), show: (one) => format.date(one.last_day), from: "sm" },
            { key: "due", label: t("privacy.erased_from"), show: (one) => format.date(one.due_on) },
          ]}
          rows={told.silent}
          id={(one) => one.customer_id}
        />
      )}
    </>
  );
}

/** What people ask of their data, who has been silent for three years, and one person's data given out or erased. */
export function PrivacyPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnswer({
    key: ["privacy"],
    ask: (signal) => answer(api.GET("/api/privacy", { signal })),
  });
  return (
    <>
      <PageHead title={t("privacy.title")} lead={t("privacy.lead")} />
      <Stack gap="lg">
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState />}
        {data?.held && <Text fw={600}>{t("privacy.held")}</Text>}
        {data && (
          <>
            <Section title={t("privacy.requests")} lead={t("privacy.requests_lead")}>
              <Requests rows={data.requests} />
            </Section>
            <Section title={t("privacy.silent")} lead={t("privacy.silent_lead")}>
              <Silent told={data} />
            </Section>
          </>
        )}
        <OnePerson />
      </Stack>
    </>
  );
}
