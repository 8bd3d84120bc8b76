import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Button, Checkbox, Group, Stack, Text, TextInput } from "@/kit/kit";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";

/** One person's data as a file, or erased after a second yes. */
export function OnePerson() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [customer, setCustomer] = useState("");
  const [sure, setSure] = useState(false);
  const erasing = useMutation({
    mutationFn: () => answer(api.POST("/api/privacy/erase", { body: { customer } })),
    onSuccess: () => {
      setSure(false);
      return queries.invalidateQueries();
    },
  });
  const file = (form: string) => `/api/privacy/data.${form}?customer=${encodeURIComponent(customer.trim())}`;
  const isNamed = customer.trim() !== "";
  return (
    <Section title={t("privacy.person")} lead={t("privacy.person_lead")}>
      <Stack gap="md">
        <TextInput
          label={t("privacy.person_label")}
          value={customer}
          onChange={(event) => setCustomer(event.currentTarget.value)}
          autoComplete="off"
          maw={360}
        />
        <Group gap="sm">
          <Button component="a" href={file("html")} variant="default" data-disabled={!isNamed || undefined}>
            {t("privacy.page")}
          </Button>
          <Button component="a" href={file("json")} variant="default" data-disabled={!isNamed || undefined}>
            {t("privacy.json")}
          </Button>
        </Group>
        <Checkbox label={t("privacy.sure")} checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />
        <Group>
          <Button color="red" disabled={!sure || !isNamed} loading={erasing.isPending} onClick={() => erasing.mutate()}>
            {t("privacy.erase")}
          </Button>
        </Group>
        {erasing.error && <ErrorState error={erasing.error} />}
        {erasing.data && (
          <Text role="status">
            {t("privacy.erased", { customer: erasing.data.customer_id, rows: erasing.data.rows })}
          </Text>
        )}
      </Stack>
    </Section>
  );
}
