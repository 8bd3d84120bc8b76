import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ShieldIcon, ShieldOffIcon } from "@/icons/icons";
import { Card, Group, Stack, Text, Title } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";
import { TextLink } from "@/shared/links";

export function SideCard({ title, empty, children }: { title: string; empty: string | null; children: ReactNode }) {
  return (
    <Card component="section" aria-label={title}>
      <Title order={2} size="h3" mb="sm">
        {title}
      </Title>
      {empty ? (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      ) : (
        <Stack gap="sm">{children}</Stack>
      )}
    </Card>
  );
}

export function SegmentCard({ segments }: { segments: Schemas["CardSegment"][] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <SideCard title={t("customer.segments")} empty={segments.length ? null : t("customer.segments_none")}>
      {segments.map((segment) => (
        <Group key={segment.segment_id} justify="space-between" gap="xs">
          <TextLink to="/segments/$segmentId" params={{ segmentId: segment.segment_id }} size="sm">
            {segment.name}
          </TextLink>
          {segment.since && (
            <Text size="sm" c="dimmed">
              {t("customer.since", { date: format.date(segment.since) })}
            </Text>
          )}
        </Group>
      ))}
    </SideCard>
  );
}

const allowed = new Set(["granted", "imported", "confirmed", "soft_opt_in", "yes"]);

export function ConsentCard({ consents }: { consents: Schemas["CardConsent"][] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <SideCard title={t("customer.consents")} empty={consents.length ? null : t("customer.consents_none")}>
      {consents.map((consent) => {
        const Mark = allowed.has(consent.status) ? ShieldIcon : ShieldOffIcon;
        return (
          <Group key={`${consent.channel} ${consent.purpose}`} gap="xs" wrap="nowrap" align="flex-start">
            <Text component="span" c={allowed.has(consent.status) ? "var(--c-ok)" : "dimmed"} lh={1} pt={2}>
              <Mark />
            </Text>
            <div>
              <Text size="sm" fw={500}>
                {t(`customer.channels.${consent.channel}`, { defaultValue: consent.channel })}
                {" · "}
                {t(`customer.purposes.${consent.purpose}`, { defaultValue: consent.purpose })}
              </Text>
              <Text size="sm" className="sentence">
                {consent.sentence}
              </Text>
              {consent.since && (
                <Text size="sm" c="dimmed">
                  {t("customer.since", { date: format.date(consent.since) })}
                </Text>
              )}
            </div>
          </Group>
        );
      })}
    </SideCard>
  );
}

export function FactCard({ facts }: { facts: Schemas["CardFact"][] }) {
  const { t } = useTranslation();
  return (
    <SideCard title={t("customer.facts")} empty={facts.length ? null : t("customer.facts_none")}>
      {facts.map((fact) => (
        <Group key={fact.key} justify="space-between" gap="xs">
          <Text size="sm" c="dimmed">
            {fact.label}
          </Text>
          <Text size="sm" className="number" ta="right">
            {fact.value}
          </Text>
        </Group>
      ))}
    </SideCard>
  );
}
