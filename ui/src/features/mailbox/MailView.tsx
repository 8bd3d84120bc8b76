import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { ArrowLeftIcon, DesktopIcon, MailIcon, PhoneIcon } from "@/icons/icons";
import { Button, Card, Center, Group, SegmentedControl, Stack, Text, Title, VisuallyHidden } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Form = "html" | "text";
type Device = "desktop" | "phone";
const widths: Record<Device, number> = { desktop: 680, phone: 375 };

/** The mail itself: its HTML in a frame that may run nothing and knows nothing of this page. */
function MailBody({ mail, form, device }: { mail: Schemas["Mail"]; form: Form; device: Device }) {
  const { t } = useTranslation();
  if (form === "text" || mail.html === null) {
    return <pre className="mail-text">{mail.text ?? t("mailbox.no_text")}</pre>;
  }
  return (
    <Center className="mail-stage">
      <iframe
        title={t("mailbox.frame", { subject: mail.mail.subject })}
        sandbox=""
        srcDoc={mail.html}
        style={{ width: widths[device], maxWidth: "100%" }}
      />
    </Center>
  );
}

function MailHead({ mail }: { mail: Schemas["Mail"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      <Title order={2} size="h3" style={{ overflowWrap: "anywhere" }}>
        {mail.mail.subject}
      </Title>
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {t("mailbox.from_to", { sender: mail.mail.sender, recipient: mail.mail.recipient })}
        {" · "}
        {format.dateTime(mail.mail.received_at)}
      </Text>
      <details className="mail-headers">
        <summary>{t("mailbox.headers")}</summary>
        <pre tabIndex={0}>{mail.headers.map(({ name, value }) => `${name}: ${value}`).join("\n")}</pre>
      </details>
    </>
  );
}

function OpenMail({ mailId, onBack }: { mailId: string; onBack: () => void }) {
  const { t } = useTranslation();
  const [form, setForm] = useState<Form>("html");
  const [device, setDevice] = useState<Device>("desktop");
  const { data, error, refetch } = useAnswer({
    key: ["mail", mailId],
    ask: (signal) =>
      answer(api.GET("/api/mailbox/{mail_id}", { params: { path: { mail_id: Number(mailId) } }, signal })),
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState lines={3} height={120} />;
  const deviceLabel = (name: Device, Mark: typeof PhoneIcon) => (
    <Center>
      <Mark />
      <VisuallyHidden>{t(`mailbox.${name}`)}</VisuallyHidden>
    </Center>
  );
  return (
    <Stack gap="sm">
      <Button
        className="mail-back"
        variant="subtle"
        size="compact-sm"
        w="fit-content"
        leftSection={<ArrowLeftIcon size={16} />}
        onClick={onBack}
      >
        {t("mailbox.back")}
      </Button>
      <MailHead mail={data} />
      <Group gap="sm">
        <SegmentedControl
          size="xs"
          value={form}
          onChange={(value) => setForm(value as Form)}
          aria-label={t("mailbox.form")}
          data={[
            { value: "html", label: t("mailbox.html") },
            { value: "text", label: t("mailbox.text") },
          ]}
        />
        {form === "html" && (
          <SegmentedControl
            size="xs"
            value={device}
            onChange={(value) => setDevice(value as Device)}
            aria-label={t("mailbox.width")}
            data={[
              { value: "desktop", label: deviceLabel("desktop", DesktopIcon) },
              { value: "phone", label: deviceLabel("phone", PhoneIcon) },
            ]}
          />
        )}
      </Group>
      <MailBody mail={data} form={form} device={device} />
    </Stack>
  );
}

export function MailView({ mailId, onBack }: { mailId: string | undefined; onBack: () => void }) {
  const { t } = useTranslation();
  return (
    <Card className="mail-view" component="section" aria-label={t("mailbox.mail")}>
      {mailId === undefined ? (
        <EmptyState icon={MailIcon} title={t("mailbox.choose")}>
          {t("mailbox.choose_text")}
        </EmptyState>
      ) : (
        <OpenMail key={mailId} mailId={mailId} onBack={onBack} />
      )}
    </Card>
  );
}
