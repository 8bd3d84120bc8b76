import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { Badge, Button, Group, Text, TextInput } from "@/kit/kit";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";

/** One address looked at: its form, its domain, who reads it, what was probably meant. */
export function AddressCheck() {
  const { t } = useTranslation();
  const [address, setAddress] = useState("");
  const checking = useMutation({
    mutationFn: () => answer(api.POST("/api/addresses/check", { body: { addresses: [address] } })),
  });
  const found = checking.data?.addresses[0];
  return (
    <Section title={t("merges.address")} lead={t("merges.address_lead")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          checking.mutate();
        }}
      >
        <Group align="flex-end" gap="sm">
          <TextInput
            label={t("merges.address_label")}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
            autoComplete="off"
            required
          />
          <Button type="submit" variant="default" loading={checking.isPending}>
            {t("merges.check")}
          </Button>
        </Group>
      </form>
      {checking.error && <ErrorState error={checking.error} />}
      {found && (
        <Group gap="sm" mt="md" role="status">
          <Badge color={found.can_be_used ? (found.finding === "good" ? "teal" : "gray") : "red"}>
            {found.address}
          </Badge>
          <Text>{found.finding_label}</Text>
          {found.suggestion && <Text>{t("merges.perhaps", { address: found.suggestion })}</Text>}
        </Group>
      )}
    </Section>
  );
}
