import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Diagram } from "./Diagram";
import { crossing } from "./matrix";
import { MatrixTable } from "./MatrixTable";
import { answer, api } from "@/api/client";
import { InfoIcon } from "@/icons/icons";
import { Alert, Card, Group, MultiSelect, Stack, Text, TextInput } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import { useSegments } from "@/shared/useSegments";

type Asked = Partial<Record<"segments" | "from" | "to", string | undefined>>;

function Filters({ asked, onChange }: { asked: Asked; onChange: (next: Asked) => void }) {
  const { t } = useTranslation();
  const { choices } = useSegments();
  return (
    <Group gap="sm" align="flex-end">
      <MultiSelect
        label={t("movement.segments")}
        description={t("movement.segments_hint")}
        data={choices}
        value={asked.segments?.split(",") ?? []}
        onChange={(chosen) => onChange({ segments: chosen.join(",") || undefined })}
        placeholder={asked.segments ? undefined : t("movement.phases")}
        searchable
        clearable
        clearButtonProps={{ "aria-label": t("movement.clear") }}
        maxValues={20}
        w={{ base: "100%", md: 480 }}
      />
      <TextInput
        type="date"
        label={t("movement.from")}
        value={asked.from ?? ""}
        onChange={(event) => onChange({ from: event.currentTarget.value || undefined })}
      />
      <TextInput
        type="date"
        label={t("movement.to")}
        value={asked.to ?? ""}
        onChange={(event) => onChange({ to: event.currentTarget.value || undefined })}
      />
    </Group>
  );
}

function Told({ matrix }: { matrix: Schemas["MovementMatrix"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { from, to } = useMemo(() => crossing(matrix), [matrix]);
  return (
    <Stack gap="lg">
      {!matrix.whole && (
        <Alert color="orange" icon={<InfoIcon />}>
          {matrix.known_from
            ? t("movement.not_whole", { date: format.date(matrix.known_from) })
            : t("movement.not_known")}
        </Alert>
      )}
      <Section
        title={t("movement.matrix")}
        lead={t("movement.period", { from: format.date(matrix.first_day), to: format.date(matrix.end_day) })}
      >
        <MatrixTable matrix={matrix} />
        {matrix.in_several > 0 && (
          <Text size="sm" c="dimmed" mt="sm">
            {t("movement.in_several", { count: matrix.in_several, shown: format.number(matrix.in_several) })}
          </Text>
        )}
      </Section>
      {matrix.flows.length > 0 && (
        <Section title={t("movement.diagram")}>
          <Diagram matrix={matrix} from={from} to={to} />
        </Section>
      )}
    </Stack>
  );
}

/** Who moved between segments over a period; without a choice, between the life phases. */
export function MovementPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useSearch({ from: "/movement" });
  const { data, error, refetch } = useAnswer({
    key: ["movement", asked.segments, asked.from, asked.to],
    ask: (signal) => {
      const query = { segments: asked.segments?.split(","), from: asked.from, to: asked.to };
      return answer(api.GET("/api/movement", { params: { query }, signal }));
    },
    keep: true,
  });
  return (
    <>
      <PageHead title={t("movement.title")} lead={t("movement.lead")} />
      <Stack gap="lg">
        <Card>
          <Filters
            asked={asked}
            onChange={(next) => void navigate({ to: "/movement", search: { ...asked, ...next }, replace: true })}
          />
        </Card>
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState lines={7} height={48} />}
        {data && !error && <Told matrix={data} />}
      </Stack>
    </>
  );
}
