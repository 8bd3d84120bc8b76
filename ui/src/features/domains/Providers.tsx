import { useTranslation } from "react-i18next";
import { Level } from "./Records";
import { Text } from "@/kit/kit";
import { DataTable, type Column } from "@/shared/DataTable";
import { mailboxName } from "@/shared/mailboxes";
import { Section } from "@/shared/Section";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type Health = Schemas["DomainHealth"];
type Mailbox = Schemas["MailboxHealth"];

// below so many mails of seven days the rates mean nothing
const least = 200;

interface Row extends Mailbox {
  rest?: Schemas["MailboxRest"];
  today: number;
}

/** Providers with figures, those that rest, and those that the warm-up plan gave something today. */
function rowsOf(health: Health): Row[] {
  const rest = new Map(health.resting.map((one) => [one.mailbox, one]));
  const row = (one: Mailbox): Row => ({
    ...one,
    rest: rest.get(one.mailbox),
    today: health.sent_today[one.mailbox] ?? 0,
  });
  const known = new Set(health.mailboxes.map((one) => one.mailbox));
  const others = [...new Set([...rest.keys(), ...Object.keys(health.sent_today)])].filter((one) => !known.has(one));
  const empty = { sent: 0, return_rate: 0, complaint_rate: 0, level: "ok" };
  return [...health.mailboxes, ...others.map((mailbox) => ({ mailbox, ...empty }))].map(row);
}

/** Health by mailbox provider: what it took, what came back, and whether it is left alone for a while. */
export function Providers({ health }: { health: Health }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows = rowsOf(health);
  const columns: Column<Row>[] = [
    {
      key: "mailbox",
      label: t("domains.provider"),
      show: (one) => (
        <>
          {mailboxName(one.mailbox)}
          {one.rest && (
            <Text size="sm" c="dimmed">
              {one.rest.suspended_until
                ? t("domains.suspended", { date: format.dateTime(one.rest.suspended_until) })
                : t("domains.slowed", { date: format.dateTime(one.rest.slowed_until ?? "") })}
            </Text>
          )}
        </>
      ),
    },
    { key: "sent", label: t("domains.sent"), right: true, from: "sm", show: (one) => format.number(one.sent) },
    { key: "returns", label: t("domains.returns"), right: true, show: (one) => format.percent(one.return_rate) },
    {
      key: "complaints",
      label: t("domains.complaints"),
      right: true,
      from: "sm",
      show: (one) => format.percent(one.complaint_rate),
    },
  ];
  if (health.share_today !== null)
    columns.push({
      key: "today",
      label: t("domains.today"),
      right: true,
      from: "sm",
      show: (one) =>
        t("domains.of_share", { sent: format.number(one.today), share: format.number(health.share_today ?? 0) }),
    });
  columns.push({
    key: "level",
    label: t("domains.state"),
    right: true,
    show: (one) => <Level level={one.rest?.suspended_until ? "pause" : one.sent < least ? "few" : one.level} />,
  });
  return (
    <Section title={t("domains.providers")} lead={t("domains.providers_lead")}>
      {rows.length > 0 ? (
        <DataTable caption={t("domains.providers")} columns={columns} rows={rows} id={(one) => one.mailbox} />
      ) : (
        <Text size="sm">{t("domains.no_mail")}</Text>
      )}
    </Section>
  );
}
