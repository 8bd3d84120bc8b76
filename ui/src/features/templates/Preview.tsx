import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Alert, Center, Group, SegmentedControl, Stack, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

const forms = ["desktop", "phone", "dark", "text"] as const;
type Form = (typeof forms)[number];

function Body({ look, form }: { look: Schemas["Look"]; form: Form }) {
  const { t } = useTranslation();
  if (form === "text" || !look.html) return <pre className="template-text">{look.text}</pre>;
  return (
    <Center className="template-stage">
      <iframe
        title={t("mailbox.frame", { subject: look.subject })}
        sandbox=""
        srcDoc={form === "dark" ? look.dark : look.html}
        style={{ width: form === "phone" ? 375 : 680, maxWidth: "100%" }}
      />
    </Center>
  );
}

/** How the mail looks: in a frame that may run nothing, wide, on a phone, in the dark, and as plain text. */
export function Preview({ look }: { look: Schemas["Look"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [form, setForm] = useState<Form>("desktop");
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm">
        <SegmentedControl
          size="xs"
          value={form}
          onChange={(value) => setForm(value as Form)}
          aria-label={t("templates.form")}
          data={forms.map((value) => ({ value, label: t(`templates.forms.${value}`) }))}
        />
        <Text size="sm" c="dimmed">
          {t("templates.size", { size: format.number(Math.ceil(look.size / 1024)) })}
        </Text>
      </Group>
      {look.fault ? (
        <Alert color="red" title={t("templates.fault")}>
          {look.fault}
        </Alert>
      ) : (
        <>
          <div className="inbox-line">
            <Text fw={600} span>
              {look.subject}
            </Text>{" "}
            <Text c="dimmed" span>
              {look.preheader}
            </Text>
          </div>
          <Body look={look} form={form} />
        </>
      )}
    </Stack>
  );
}
