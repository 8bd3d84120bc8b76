import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Button, Group, Stack, TextInput } from "@/kit/kit";
import { Explained } from "@/shared/Explained";
import { ErrorState } from "@/shared/states";

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
      {explain.data && <Explained found={explain.data} />}
    </Stack>
  );
}
