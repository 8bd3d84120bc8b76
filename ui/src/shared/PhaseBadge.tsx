import { Group, Text } from "@/kit/kit";

/** A life phase: a dot in its fixed colour, always with its name. */
export function PhaseBadge({ phase, label }: { phase: string; label: string }) {
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      <span
        aria-hidden="true"
        style={{
          width: 10,
          height: 10,
          borderRadius: 5,
          flex: "none",
          background: `var(--p-${phase}, var(--c-muted))`,
        }}
      />
      <Text size="sm" component="span" style={{ whiteSpace: "nowrap" }}>
        {label}
      </Text>
    </Group>
  );
}
