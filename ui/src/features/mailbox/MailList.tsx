import { useTranslation } from "react-i18next";
import { Button, Card, Group, Text, UnstyledButton } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

interface MailListProps {
  mails: Schemas["MailRow"][];
  selected: string | undefined;
  onOpen: (mailId: number) => void;
  onMore: (() => void) | undefined;
  loading: boolean;
}

export function MailList({ mails, selected, onOpen, onMore, loading }: MailListProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card
      padding={0}
      className="mail-list"
      style={{ overflowY: "auto" }}
      component="nav"
      aria-label={t("mailbox.list")}
    >
      <ul>
        {mails.map((mail) => (
          <li key={mail.mail_id}>
            <UnstyledButton
              className="mail-row"
              aria-current={String(mail.mail_id) === selected ? "true" : undefined}
              onClick={() => onOpen(mail.mail_id)}
            >
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <Text size="sm" fw={600} truncate>
                  {mail.recipient}
                </Text>
                <Text size="sm" c="dimmed" className="number" style={{ flex: "none" }}>
                  {format.date(mail.received_at)}
                </Text>
              </Group>
              <Text size="sm" truncate>
                {mail.subject}
              </Text>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {onMore && (
        <Button variant="subtle" fullWidth onClick={onMore} loading={loading}>
          {t("common.load_more")}
        </Button>
      )}
    </Card>
  );
}
