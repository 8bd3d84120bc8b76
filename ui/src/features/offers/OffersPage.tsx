import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AddCodes } from "./AddCodes";
import { OfferForm } from "./OfferForm";
import { noWish, usedShare, wishOf } from "./wish";
import { answer, api, type Schemas } from "@/api/client";
import { CouponIcon, PlusIcon } from "@/icons/icons";
import { Alert, Badge, Button, Card, Group, Modal, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { PageHead } from "@/shared/PageHead";
import { useFormat, useSigned } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Offer = Schemas["OfferStock"];
type Shown = { kind: "new" } | { kind: "terms" | "codes"; offer: Offer };

/** What a code takes off, in words. */
function useTerms(): (offer: Offer) => string {
  const { t } = useTranslation();
  const format = useFormat();
  const currency = useSigned().session.shop?.currency ?? "EUR";
  return (offer) => {
    const money = (amount: string) => format.money({ amount, currency });
    const off =
      offer.benefit === "percent"
        ? format.percent(Number(offer.amount) / 100)
        : offer.amount && offer.benefit === "amount"
          ? money(offer.amount)
          : t("offers.benefits.free_delivery");
    const long = offer.valid_hours % 24 === 0 ? "offers.for_days" : "offers.for_hours";
    const count = offer.valid_hours % 24 === 0 ? offer.valid_hours / 24 : offer.valid_hours;
    const least = offer.minimum ? t("offers.from_order", { amount: money(offer.minimum) }) : null;
    return [off, least, t(long, { count })].filter(Boolean).join(" · ");
  };
}

function State({ offer }: { offer: Offer }) {
  const { t } = useTranslation();
  if (offer.is_dry) return <Badge color="red">{t("offers.dry")}</Badge>;
  if (offer.is_low) return <Badge color="orange">{t("offers.low")}</Badge>;
  return <Badge color="teal">{t("offers.enough")}</Badge>;
}

/** What needs somebody: offers that are dry or nearly so, and shops that do not make their codes. */
function Warnings({ offers }: { offers: Offer[] }) {
  const { t } = useTranslation();
  const short = offers.filter((one) => one.is_dry || one.is_low || one.trouble);
  return (
    <Stack gap="sm" mb={short.length > 0 ? "md" : 0}>
      {short.map((one) => (
        <Alert
          key={one.offer_id}
          color={one.is_dry ? "red" : "orange"}
          title={t(one.is_dry ? "offers.is_dry" : "offers.is_low", { name: one.offer_id, count: one.free })}
        >
          {one.trouble ?? t(one.connection ? "offers.being_made" : "offers.bring_more")}
          {one.waiting > 0 && ` ${t("offers.waiting", { count: one.waiting })}`}
        </Alert>
      ))}
    </Stack>
  );
}

function Offers({ offers, onShow }: { offers: Offer[]; onShow: (shown: Shown) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const terms = useTerms();
  return (
    <DataTable
      caption={t("offers.title")}
      columns={[
        {
          key: "name",
          label: t("offers.name"),
          show: (one) => (
            <>
              {one.offer_id} <State offer={one} />
              <Text size="sm" c="dimmed">
                {terms(one)}
              </Text>
              <Text size="sm" c="dimmed">
                {one.connection ? t("offers.from_shop", { name: one.connection }) : t("offers.from_list")}
              </Text>
            </>
          ),
        },
        { key: "free", label: t("offers.free"), show: (one) => format.number(one.free), right: true },
        { key: "held", label: t("offers.held"), show: (one) => format.number(one.held), right: true, from: "sm" },
        {
          key: "used",
          label: t("offers.redeemed"),
          show: (one) => {
            const share = usedShare(one);
            return share === null ? "–" : `${format.number(one.redeemed)} (${format.percent(share)})`;
          },
          right: true,
          from: "xs",
        },
        {
          key: "do",
          label: t("offers.actions"),
          show: (one) => (
            <Group gap="xs" justify="flex-end">
              {!one.connection && (
                <Button
                  size="compact-sm"
                  onClick={() => onShow({ kind: "codes", offer: one })}
                  aria-label={t("offers.add_to", { name: one.offer_id })}
                >
                  {t("offers.add")}
                </Button>
              )}
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => onShow({ kind: "terms", offer: one })}
                aria-label={t("offers.change_of", { name: one.offer_id })}
              >
                {t("offers.change")}
              </Button>
            </Group>
          ),
          right: true,
        },
      ]}
      rows={offers}
      id={(one) => one.offer_id}
    />
  );
}

/** What unique codes take off, how many are left, and how many were used. */
export function OffersPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setShown(null);
  const { data, error, refetch } = useAnswer({
    key: ["offers"],
    ask: (signal) => answer(api.GET("/api/offers", { signal })),
  });
  const filling = useMutation({
    mutationFn: () => answer(api.POST("/api/offers/fill")),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["offers"] }),
  });
  const actions = (
    <Group gap="sm">
      {data?.offers.some((one) => one.connection) && (
        <Button variant="default" loading={filling.isPending} onClick={() => filling.mutate()}>
          {t("offers.fill")}
        </Button>
      )}
      <Button leftSection={<PlusIcon size={16} />} onClick={() => setShown({ kind: "new" })}>
        {t("offers.new")}
      </Button>
    </Group>
  );
  const title =
    shown?.kind === "codes"
      ? t("offers.add_to", { name: shown.offer.offer_id })
      : shown?.kind === "terms"
        ? shown.offer.offer_id
        : t("offers.new");
  return (
    <>
      <PageHead title={t("offers.title")} lead={t("offers.lead")} actions={actions} />
      {(error ?? filling.error) && (
        <ErrorState error={(error ?? filling.error) as Error} onRetry={() => void refetch()} />
      )}
      {!data && !error && <LoadingState />}
      {data && (
        <>
          <Warnings offers={data.offers} />
          <Card>
            {data.offers.length === 0 ? (
              <EmptyState icon={CouponIcon} title={t("offers.none")}>
                {t("offers.none_text")}
              </EmptyState>
            ) : (
              <Offers offers={data.offers} onShow={setShown} />
            )}
          </Card>
        </>
      )}
      <Modal
        opened={shown !== null}
        onClose={close}
        size="lg"
        title={title}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {shown?.kind === "codes" && <AddCodes offerId={shown.offer.offer_id} onClose={close} />}
        {shown && shown.kind !== "codes" && (
          <OfferForm
            given={shown.kind === "new" ? noWish : wishOf(shown.offer)}
            makers={data?.makers ?? []}
            isNew={shown.kind === "new"}
            onClose={close}
          />
        )}
      </Modal>
    </>
  );
}
