import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { benefits, bodyOf, isReady, type Benefit, type Wish } from "./wish";
import { answer, api } from "@/api/client";
import { Button, Group, NumberInput, SegmentedControl, Select, Stack, TextInput } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { ErrorState } from "@/shared/states";

interface OfferFormProps {
  given: Wish;
  makers: string[];
  isNew: boolean;
  onClose: () => void;
}

/** The terms of an offer, and where its codes come from. */
export function OfferForm({ given, makers, isNew, onClose }: OfferFormProps) {
  const { t } = useTranslation();
  const { currencySign } = useFormat();
  const queries = useQueryClient();
  const [wish, setWish] = useState(given);
  const put = (change: Partial<Wish>) => setWish({ ...wish, ...change });
  const saving = useMutation({
    mutationFn: () =>
      answer(api.PUT("/api/offers/{offer_id}", { params: { path: { offer_id: wish.name } }, body: bodyOf(wish) })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["offers"] });
      onClose();
    },
  });
  const sources = [{ value: "", label: t("offers.from_list") }].concat(
    makers.map((value) => ({ value, label: t("offers.from_shop", { name: value }) })),
  );
  return (
    <Stack gap="md">
      {saving.error && <ErrorState error={saving.error} />}
      {isNew && (
        <TextInput
          label={t("offers.name")}
          description={t("offers.name_hint")}
          value={wish.name}
          maxLength={40}
          required
          onChange={(event) => put({ name: event.currentTarget.value.toLowerCase().replaceAll(" ", "-") })}
        />
      )}
      <SegmentedControl
        data={benefits.map((value) => ({ value, label: t(`offers.benefits.${value}`) }))}
        value={wish.benefit}
        onChange={(value) => put({ benefit: value as Benefit })}
        aria-label={t("offers.benefit")}
      />
      <Group grow align="start">
        {wish.benefit !== "free_delivery" && (
          <TextInput
            label={t(wish.benefit === "percent" ? "offers.percent" : "offers.amount", { sign: currencySign })}
            value={wish.amount}
            inputMode="decimal"
            required
            onChange={(event) => put({ amount: event.currentTarget.value })}
          />
        )}
        <TextInput
          label={t("offers.minimum", { sign: currencySign })}
          value={wish.minimum}
          inputMode="decimal"
          placeholder={t("offers.no_minimum")}
          onChange={(event) => put({ minimum: event.currentTarget.value })}
        />
      </Group>
      <Group grow align="start">
        <NumberInput
          label={t("offers.hours")}
          description={t("offers.hours_hint")}
          value={wish.hours}
          min={1}
          max={8784}
          onChange={(value) => put({ hours: Number(value) })}
        />
        <NumberInput
          label={t("offers.low_at")}
          description={t("offers.low_at_hint")}
          value={wish.low}
          min={0}
          onChange={(value) => put({ low: Number(value) })}
        />
      </Group>
      <Select
        label={t("offers.source")}
        description={t(makers.length > 0 ? "offers.source_hint" : "offers.no_maker")}
        data={sources}
        value={wish.maker}
        onChange={(value) => put({ maker: value ?? "" })}
        allowDeselect={false}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button disabled={!isReady(wish)} loading={saving.isPending} onClick={() => saving.mutate()}>
          {t("offers.save")}
        </Button>
      </Group>
    </Stack>
  );
}
