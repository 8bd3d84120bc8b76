import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Level } from "./Records";
import { Button, Group, Stack, Text, Textarea } from "@/kit/kit";
import { TextLink } from "@/shared/links";
import { mailboxName } from "@/shared/mailboxes";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type Health = Schemas["DomainHealth"];

/** What the guard sees and holds, and the incidents that are our fault. */
export function Guard({ health, onClose }: { health: Health; onClose: (incident: number) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t("domains.guard")} lead={t("domains.guard_lead")} actions={<Level level={health.level} />}>
      <Stack gap="sm">
        <Text size="sm">
          {t("domains.guard_figures", {
            sent: format.number(health.sent),
            returns: format.percent(health.return_rate),
            complaints: format.percent(health.complaint_rate),
          })}
        </Text>
        {health.held.length > 0 && (
          <Text size="sm">
            {t("domains.held", { sources: health.held.join(", ") })}{" "}
            <TextLink to="/outbox" size="sm">
              {t("domains.release")}
            </TextLink>
          </Text>
        )}
        {health.incidents.map((one) => (
          <Group key={one.incident_id} justify="space-between" align="flex-start" gap="sm">
            <Stack gap={2} style={{ flex: 1, minWidth: 220 }}>
              <Text fw={600}>
                {t("domains.incident", { mailbox: mailboxName(one.mailbox), kind: t(`domains.kinds.${one.kind}`) })}
              </Text>
              <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {t("domains.times", { count: one.times, date: format.dateTime(one.last_at) })} {one.said}
              </Text>
            </Stack>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onClose(one.incident_id)}
              aria-label={t("domains.close_label", { mailbox: mailboxName(one.mailbox) })}
            >
              {t("domains.close")}
            </Button>
          </Group>
        ))}
        {health.incidents.length === 0 && <Text size="sm">{t("domains.no_incident")}</Text>}
      </Stack>
    </Section>
  );
}

/** How far a new domain is: the day of its plan, its share, and when what waits will have left. */
export function WarmUp({ health }: { health: Health }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (health.step === null || health.share_today === null) return null;
  return (
    <Section title={t("domains.warm_up")} lead={t("domains.warm_up_lead")}>
      <Text size="sm">
        {t("domains.warm_up_now", {
          step: format.number(health.step),
          share: format.number(health.share_today),
          waiting: format.number(health.waiting),
          date: format.date(health.warm_up_ends ?? ""),
        })}
      </Text>
    </Section>
  );
}

/** An owner's decision to let marketing leave although the records do not agree. */
export function Decision({ health, onDecide }: { health: Health; onDecide: (reason: string | null) => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  if (health.allowed_by)
    return (
      <Section title={t("domains.decision")}>
        <Group justify="space-between" gap="sm">
          <Text size="sm">{t("domains.allowed", { name: health.allowed_by, reason: health.allowed_because })}</Text>
          <Button variant="default" onClick={() => onDecide(null)}>
            {t("domains.take_back")}
          </Button>
        </Group>
      </Section>
    );
  if (health.may_send) return null;
  return (
    <Section title={t("domains.decision")} lead={t("domains.decision_lead")}>
      <Stack gap="sm" align="flex-start">
        <Textarea
          label={t("domains.reason")}
          value={reason}
          maxLength={500}
          w="100%"
          maw={560}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button variant="default" disabled={!reason.trim()} onClick={() => onDecide(reason)}>
          {t("domains.allow")}
        </Button>
      </Stack>
    </Section>
  );
}
