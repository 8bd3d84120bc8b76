import { useTranslation } from "react-i18next";
import { CheckIcon, CopyIcon } from "@/icons/icons";
import { Button, Code, CopyButton, Group, Stack, Text } from "@/kit/kit";

/** A text to take elsewhere, with its button. */
export function Copied({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation();
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              size="compact-xs"
              variant="default"
              leftSection={copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
              onClick={copy}
              aria-label={t("keys.copy_label", { what: label })}
            >
              {t(copied ? "keys.copied" : "keys.copy")}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text.trimEnd()}
      </Code>
    </Stack>
  );
}
