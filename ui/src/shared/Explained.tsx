import { useTranslation } from "react-i18next";
import { CheckIcon, CrossIcon } from "@/icons/icons";
import { Alert, Group, Stack, Text, VisuallyHidden } from "@/kit/kit";
import { TextLink } from "@/shared/links";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type Clause = Schemas["Clause"];

/** What was found in the customer, and when that changes by itself. */
function Facts({ clause }: { clause: Clause }) {
  const { t } = useTranslation();
  const format = useFormat();
  const lines = [
    clause.value !== null && t("segment.value_found", { value: clause.value }),
    ...clause.examples,
    clause.reason,
    clause.flips_at !== null && t("segment.flips", { date: format.dateTime(clause.flips_at) }),
  ].filter((line) => typeof line === "string");
  return lines.map((line) => (
    <Text key={line} size="sm" c="dimmed" className="number">
      {line}
    </Text>
  ));
}

function ClauseLine({ clause }: { clause: Clause }) {
  const { t } = useTranslation();
  const Mark = clause.holds ? CheckIcon : CrossIcon;
  return (
    <li style={{ listStyle: "none" }}>
      <Group gap="xs" wrap="nowrap" align="flex-start" py={4}>
        <Text c={clause.holds ? "var(--c-ok)" : "var(--c-danger)"} component="span" lh={1} pt={3}>
          <Mark size={18} />
          <VisuallyHidden>{clause.holds ? t("segment.holds") : t("segment.holds_not")}</VisuallyHidden>
        </Text>
        <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
          <Text size="sm" className="sentence">
            {clause.sentence}
          </Text>
          <Facts clause={clause} />
        </div>
      </Group>
      {clause.parts.length > 0 && (
        <ul style={{ margin: 0, paddingLeft: 20, borderLeft: "1px solid var(--c-border)", marginLeft: 8 }}>
          {clause.parts.map((part) => (
            <ClauseLine key={`${part.start}-${part.end}`} clause={part} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** Whether a customer is in a segment, and why: condition by condition, with the customer's own values. */
export function Explained({ found }: { found: Schemas["Explanation"] }) {
  const { t } = useTranslation();
  if (found.fault) return <Alert color="orange">{found.fault.message}</Alert>;
  return (
    <Stack gap="xs">
      <Text fw={600}>
        <TextLink
          to="/customers/$customerId"
          params={{ customerId: found.customer_id ?? "" }}
          inherit
          underline="always"
        >
          {found.name || found.customer_id}
        </TextLink>{" "}
        {found.member ? t("segment.is_in") : t("segment.is_out")}
      </Text>
      {found.clause && (
        <ul style={{ margin: 0, padding: 0 }}>
          <ClauseLine clause={found.clause} />
        </ul>
      )}
    </Stack>
  );
}
