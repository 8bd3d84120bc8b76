import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Button, Center, Modal, Stack, Text, useDisclosure } from "@/kit/kit";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

/** The message with its template and shared blocks in the versions of then, in a frame that may run nothing. */
function Letter({ messageId }: { messageId: string }) {
  const { t } = useTranslation();
  const { data, error } = useAnswer({
    key: ["letter", messageId],
    ask: (signal) =>
      answer(api.GET("/api/gate/messages/{message_id}", { params: { path: { message_id: messageId } }, signal })),
  });
  if (error) return <ErrorState error={error} />;
  if (!data) return <LoadingState lines={6} height={28} />;
  const shared = Object.entries(data.shared).map(([name, version]) => t("customer.shared_version", { name, version }));
  return (
    <Stack gap="sm">
      {data.subject && <Text fw={600}>{data.subject}</Text>}
      {shared.length > 0 && (
        <Text size="sm" c="dimmed">
          {shared.join(", ")}
        </Text>
      )}
      {data.html ? (
        <Center>
          <iframe
            title={t("mailbox.frame", { subject: data.subject })}
            sandbox=""
            srcDoc={data.html}
            style={{ width: 680, maxWidth: "100%", height: "65vh", border: 0 }}
          />
        </Center>
      ) : (
        <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{data.text}</Text>
      )}
    </Stack>
  );
}

/** Shows what one message said when it was written. */
export function SentMessage({ messageId, title }: { messageId: string; title: string }) {
  const { t } = useTranslation();
  const [open, dialog] = useDisclosure(false);
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={dialog.open}
        aria-label={t("customer.see_label", { title })}
        style={{ alignSelf: "flex-start" }}
      >
        {t("customer.see")}
      </Button>
      <Modal
        opened={open}
        onClose={dialog.close}
        size="xl"
        title={title}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Letter messageId={messageId} />
      </Modal>
    </>
  );
}
