import { useTranslation } from "react-i18next";
import { WarningIcon } from "@/icons/icons";
import { Alert, Stack, Text } from "@/kit/kit";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import { TextLink } from "@/shared/links";
import type { Schemas } from "@/shared/useAnswer";

/** What keeping the segment costs, what changes it next, and what went wrong the last time. */
export function Upkeep({ saved }: { saved: Schemas["SegmentDetail"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { segment, version, changed_at: changedAt } = saved;
  const lines = [
    segment.as_of && t("upkeep.as_of", { date: format.dateTime(segment.as_of) }),
    segment.cost?.sentence,
    segment.next_change?.sentence,
    t("upkeep.version", { version, date: format.dateTime(changedAt) }),
  ].filter(Boolean);
  return (
    <Section title={t("upkeep.title")}>
      <Stack gap="xs">
        {segment.problem && (
          <Alert color="orange" icon={<WarningIcon />} title={t("upkeep.problem")}>
            {segment.problem}
          </Alert>
        )}
        {segment.members !== null && (
          <Text size="sm">
            <TextLink to="/customers" search={{ segment: segment.segment_id }} inherit underline="always">
              {t("common.customers", { count: segment.members, shown: format.number(segment.members) })}
            </TextLink>
            {segment.share !== null && ` · ${format.percent(segment.share)}`}
            {segment.revenue && ` · ${format.moneyRounded(segment.revenue)}`}
          </Text>
        )}
        {lines.map((line) => (
          <Text key={line} size="sm" c="dimmed" className="sentence">
            {line}
          </Text>
        ))}
      </Stack>
    </Section>
  );
}
