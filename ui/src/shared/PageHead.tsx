import { useEffect, type ReactNode } from "react";
import { Breadcrumbs, Group, Stack, Text, Title } from "@/kit/kit";
import { TextLink } from "@/shared/links";

interface PageHeadProps {
  title: string;
  /** The page above this one. */
  parent?: { to: string; label: string };
  badge?: ReactNode;
  lead?: ReactNode;
  /** Secondary actions, then one primary button. */
  actions?: ReactNode;
}

/** Where the reader is, what this page is, and what can be done here. */
export function PageHead({ title, parent, badge, lead, actions }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Relance`;
  }, [title]);
  return (
    <Stack gap={4} mb="lg">
      {parent && (
        <Breadcrumbs>
          <TextLink to={parent.to} size="sm">
            {parent.label}
          </TextLink>
          <Text size="sm" c="dimmed" truncate maw={260}>
            {title}
          </Text>
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="sm" style={{ minWidth: 0 }}>
          <Title order={1} style={{ overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {badge}
        </Group>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {lead && (
        <Text c="dimmed" maw={720} component="div">
          {lead}
        </Text>
      )}
    </Stack>
  );
}
