import { useTranslation } from "react-i18next";
import { answer, api, type Schemas } from "@/api/client";
import { CheckIcon } from "@/icons/icons";
import { Badge, Card, Group, List, Progress, Stack, Text, Title } from "@/kit/kit";
import { ButtonLink, TextLink } from "@/shared/links";
import { PageHead } from "@/shared/PageHead";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Finding = Schemas["QualityFinding"];

/** The ids that a finding names: a customer leads to its page, with the address masked. */
function Examples({ one }: { one: Finding }) {
  const { t } = useTranslation();
  if (one.examples.length === 0) return null;
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
      {t("dataquality.examples")}{" "}
      {one.examples.map((example, place) => (
        <span key={example.id}>
          {place > 0 && " · "}
          {one.kind === "customer" ? (
            <TextLink to="/customers/$customerId" params={{ customerId: example.id }} inherit>
              {example.label ?? example.id}
            </TextLink>
          ) : (
            example.id
          )}
        </span>
      ))}
    </Text>
  );
}

function FindingCard({ one }: { one: Finding }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isPart = one.kind !== "item";
  const many = one.share >= 0.2;
  return (
    <Card component="article">
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="md">
        <Title order={3} size="h5">
          {one.what}
        </Title>
        <Badge color={many ? "red" : "orange"} style={{ flexShrink: 0 }}>
          {isPart && one.share >= 0.001 ? format.percent(one.share) : format.number(one.count)}
        </Badge>
      </Group>
      {isPart && (
        <Progress
          value={Math.max(1, one.share * 100)}
          color={many ? "red" : "orange"}
          size="xs"
          mt="xs"
          aria-label={t("dataquality.share", { count: one.count, total: format.number(one.total) })}
        />
      )}
      <Stack gap={6} mt="sm">
        <Text size="sm">{one.cost}</Text>
        <Text size="sm" fw={500}>
          {one.fix}
        </Text>
        <Examples one={one} />
      </Stack>
      {one.page && (
        <Group mt="sm">
          <ButtonLink to={one.page} size="compact-sm" variant="default">
            {t(`dataquality.pages.${one.name}`, { defaultValue: t("dataquality.open") })}
          </ButtonLink>
        </Group>
      )}
    </Card>
  );
}

/** What is wrong with the data, what that costs and what to do, before anybody trusts a segment. */
export function QualityPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useAnswer({
    key: ["data-quality"],
    ask: (signal) => answer(api.GET("/api/data-quality", { signal })),
  });
  const found = data?.findings.filter((one) => one.count > 0) ?? [];
  const clean = data?.findings.filter((one) => one.count === 0) ?? [];
  return (
    <>
      <PageHead title={t("dataquality.title")} lead={t("dataquality.lead")} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Stack gap="lg">
          <Text size="sm" c="dimmed" role="status">
            {t("dataquality.checked", {
              count: data.findings.length,
              found: found.length,
              date: format.dateTime(data.as_of),
            })}
          </Text>
          {found.length === 0 ? (
            <Card>
              <EmptyState icon={CheckIcon} title={t("dataquality.none")}>
                {t("dataquality.none_text")}
              </EmptyState>
            </Card>
          ) : (
            found.map((one) => <FindingCard key={one.name} one={one} />)
          )}
          {clean.length > 0 && (
            <Section title={t("dataquality.clean")}>
              <List size="sm" icon={<CheckIcon size={16} />}>
                {clean.map((one) => (
                  <List.Item key={one.name}>{t(`dataquality.names.${one.name}`)}</List.Item>
                ))}
              </List>
            </Section>
          )}
        </Stack>
      )}
    </>
  );
}
