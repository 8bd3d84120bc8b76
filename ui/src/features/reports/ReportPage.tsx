import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { NotSentCard } from "./NotSentCard";
import { ReportFigures } from "./ReportFigures";
import { ReportTable } from "./ReportTable";
import { answer, api } from "@/api/client";
import { InfoIcon, ReportIcon } from "@/icons/icons";
import { Alert, Card, Group, Select, Stack, TextInput, Title } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

const everything = "all";

interface Filters {
  source?: string | undefined;
  start?: string | undefined;
  end?: string | undefined;
}

function FilterBar({
  flows,
  filters,
  onChange,
}: {
  flows: Schemas["FlowRow"][];
  filters: Filters;
  onChange: (next: Filters) => void;
}) {
  const { t } = useTranslation();
  return (
    <Group gap="sm" align="flex-end">
      <Select
        label={t("report.source")}
        data={[
          { value: everything, label: t("report.all_flows") },
          ...flows.map((flow) => ({ value: `flow:${flow.flow_id}`, label: flow.name })),
        ]}
        value={filters.source ?? everything}
        onChange={(source) => onChange({ source: source === everything ? undefined : (source ?? undefined) })}
        allowDeselect={false}
        w={{ base: "100%", xs: 320 }}
      />
      <TextInput
        type="date"
        label={t("report.start")}
        value={filters.start ?? ""}
        onChange={(event) => onChange({ start: event.currentTarget.value || undefined })}
      />
      <TextInput
        type="date"
        label={t("report.end")}
        value={filters.end ?? ""}
        onChange={(event) => onChange({ end: event.currentTarget.value || undefined })}
      />
    </Group>
  );
}

function ReportBody({ report }: { report: Schemas["Report"] }) {
  const { t } = useTranslation();
  return (
    <Stack gap="lg">
      {report.notes.map((note) => (
        <Alert key={note} color="indigo" icon={<InfoIcon />}>
          {note}
        </Alert>
      ))}
      <ReportFigures total={report.total} />
      <Card>
        <Title order={2} size="h3" mb="sm">
          {t("report.by_step")}
        </Title>
        <ReportTable rows={report.rows} total={report.total} />
      </Card>
      <NotSentCard reasons={report.not_sent} />
    </Stack>
  );
}

/** What the follow-ups did and earned; the filters live in the address. */
export function ReportPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useSearch({ from: "/reports" });
  const flows = useAnswer({ key: ["flows"], ask: (signal) => answer(api.GET("/api/flows", { signal })) });
  const report = useAnswer({
    key: ["report", asked.source, asked.start, asked.end],
    ask: (signal) => answer(api.GET("/api/reports", { params: { query: asked }, signal })),
    keep: true,
  });
  const error = flows.error ?? report.error;
  return (
    <>
      <PageHead title={t("report.title")} lead={t("report.lead")} />
      <Stack gap="lg">
        {flows.data && flows.data.length > 0 && (
          <FilterBar
            flows={flows.data}
            filters={asked}
            onChange={(next) => void navigate({ to: "/reports", search: { ...asked, ...next }, replace: true })}
          />
        )}
        {error && <ErrorState error={error} onRetry={() => void report.refetch()} />}
        {flows.data?.length === 0 && (
          <Card>
            <EmptyState icon={ReportIcon} title={t("report.empty_title")}>
              {t("report.empty_text")}
            </EmptyState>
          </Card>
        )}
        {!error && !report.data && flows.data?.length !== 0 && <LoadingState lines={4} height={96} />}
        {report.data && !report.error && <ReportBody report={report.data} />}
      </Stack>
    </>
  );
}
