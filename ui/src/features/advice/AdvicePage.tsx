import { useTranslation } from "react-i18next";
import { Coverage } from "./Coverage";
import { Overlap } from "./Overlap";
import { answer, api } from "@/api/client";
import { CheckIcon } from "@/icons/icons";
import { Badge, Card, Group, Stack, Text } from "@/kit/kit";
import { TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import { useSegments } from "@/shared/useSegments";

type Advice = Schemas["AdviceRow"];

const colours = { alert: "red", warning: "orange", info: "indigo" };

function AdviceCard({ advice, nameOf }: { advice: Advice; nameOf: (segmentId: string) => string }) {
  const { t } = useTranslation();
  return (
    <Card component="li" style={{ listStyle: "none" }}>
      <Stack gap={6} align="flex-start">
        <Badge color={colours[advice.severity]}>{t(`advice.severities.${advice.severity}`)}</Badge>
        <Text fw={500}>{advice.sentence}</Text>
        <Text size="sm" c="dimmed">
          {advice.action}
        </Text>
        <Group gap="sm">
          {advice.segments.map((segmentId) => (
            <TextLink key={segmentId} to="/segments/$segmentId" params={{ segmentId }} size="sm">
              {nameOf(segmentId)}
            </TextLink>
          ))}
          {advice.query !== null && (
            <TextLink to="/segments/new" search={{ query: advice.query }} size="sm">
              {t("advice.see_customers")}
            </TextLink>
          )}
          {advice.ready_made.length > 0 && (
            <TextLink to="/library" size="sm">
              {t("advice.see_library")}
            </TextLink>
          )}
        </Group>
      </Stack>
    </Card>
  );
}

/** What to do about the segments: advice, then how they overlap and whom they cover. */
export function AdvicePage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { nameOf } = useSegments();
  const { data, error, refetch } = useAnswer({
    key: ["advice"],
    ask: (signal) => answer(api.GET("/api/advice", { signal })),
  });
  const lead =
    data &&
    t("advice.lead", { count: data.in_use, shown: format.number(data.in_use), date: format.dateTime(data.as_of) });
  return (
    <>
      <PageHead title={t("advice.title")} lead={lead} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState lines={4} height={96} />}
      {data && (
        <Stack gap="lg">
          {data.advice.length === 0 ? (
            <Card>
              <EmptyState icon={CheckIcon} title={t("advice.none")}>
                {t("advice.none_text")}
              </EmptyState>
            </Card>
          ) : (
            <Section title={t("advice.todo")}>
              <Stack gap="sm" component="ul" m={0} p={0}>
                {data.advice.map((advice, index) => (
                  <AdviceCard key={`${advice.key} ${index}`} advice={advice} nameOf={nameOf} />
                ))}
              </Stack>
            </Section>
          )}
          <Coverage />
          <Overlap />
        </Stack>
      )}
    </>
  );
}
