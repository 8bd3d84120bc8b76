import type { ReactNode } from "react";
import { Card, Group, Text, Title } from "@/kit/kit";

interface SectionProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A card with a heading: one matter of a page. */
export function Section({ title, lead, actions, children }: SectionProps) {
  return (
    <Card component="section" aria-label={title}>
      <Group justify="space-between" gap="sm" mb="xs">
        <Title order={2} size="h3">
          {title}
        </Title>
        {actions}
      </Group>
      {lead && (
        <Text size="sm" c="dimmed" maw={720} mb="md">
          {lead}
        </Text>
      )}
      {children}
    </Card>
  );
}
