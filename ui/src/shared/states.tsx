import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { WarningIcon, type Icon } from "@/icons/icons";
import { Alert, Button, Group, Skeleton, Stack, Text, Title } from "@/kit/kit";

/** What went wrong in the server's own words, or ours when it did not answer, and a way to try again. */
export function ErrorState({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const { t } = useTranslation();
  const said = error instanceof ApiError && error.message;
  return (
    <Alert color="red" icon={<WarningIcon />} title={t("states.error_title")} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{said || t("states.error_unreachable")}</Text>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {t("states.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Grey lines where the page's content will stand. */
export function LoadingState({ lines = 6, height = 40 }: { lines?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" role="status" aria-label={t("states.loading")}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={height} />
      ))}
    </Stack>
  );
}

interface EmptyStateProps {
  icon: Icon;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** Why there is nothing here, and the one thing to do about it. */
export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <Stack align="center" gap="sm" py="xl" px="md" ta="center">
      <Group justify="center" w={56} h={56} bg="var(--c-primary-soft)" c="var(--c-primary-strong)" bdrs={28}>
        <Icon size={26} />
      </Group>
      <Title order={2} size="h3">
        {title}
      </Title>
      <Text c="dimmed" maw={520} component="div">
        {children}
      </Text>
      {action}
    </Stack>
  );
}
