import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { CheckIcon, CrossIcon } from "@/icons/icons";
import { Alert, Button, Group, Stack, Text, TextInput, VisuallyHidden } from "@/kit/kit";
import { ErrorState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";
import { TextLink } from "@/shared/links";

type Clause = Schemas["Clause"];

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
        <div>
          <Text size="sm" className="sentence">
            {clause.sentence}
          </Text>
          {clause.value !== null && (
            <Text size="sm" c="dimmed" className="number">
              {t("segment.value_found", { value: clause.value })}
            </Text>
          )}
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

function Verdict({ found }: { found: Schemas["Explanation"] }) {
  const { t } = useTranslation();
  if (found.fault) return <Alert color="orange">{found.fault.message}</Alert>;
  return (
    <Stack gap="xs">
      <Text fw={600}>
        <TextLink to="/customers/$customerId" params={{ customerId: found.customer_id ?? "" }} inherit>
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

/** Why a named customer is in the segment or not, condition by condition, with the customer's own values. */
export function Why({ query, asShopify }: { query: string; asShopify: boolean }) {
  const { t } = useTranslation();
  const [customer, setCustomer] = useState("");
  const explain = useMutation({
    mutationFn: (who: string) =>
      answer(api.POST("/api/segments/explain", { body: { query, customer: who, as_shopify: asShopify } })),
  });
  const ask = (event: FormEvent) => {
    event.preventDefault();
    if (customer.trim()) explain.mutate(customer.trim());
  };
  return (
    <Stack gap="md">
      <form onSubmit={ask}>
        <Group align="flex-end" gap="sm">
          <TextInput
            label={t("segment.why_label")}
            description={t("segment.why_hint")}
            value={customer}
            onChange={(event) => setCustomer(event.currentTarget.value)}
            style={{ flex: "1 1 240px" }}
          />
          <Button type="submit" variant="default" loading={explain.isPending}>
            {t("segment.why_ask")}
          </Button>
        </Group>
      </form>
      {explain.error && <ErrorState error={explain.error} />}
      {explain.data && <Verdict found={explain.data} />}
    </Stack>
  );
}
