import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Card, SimpleGrid, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";
import { TextLink } from "@/shared/links";

function Score({ label, value, note }: { label: string; value: string; note?: ReactNode }) {
  return (
    <Card>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={22} lh="32px" fw={600} className="number">
        {value}
      </Text>
      {note && (
        <Text size="sm" c="dimmed">
          {note}
        </Text>
      )}
    </Card>
  );
}

/** The figures of a customer that are read first. */
export function Scores({ card }: { card: Schemas["CustomerCard"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const scored = card.recency !== null;
  return (
    <SimpleGrid cols={{ base: 2, lg: 4 }} spacing={{ base: "sm", lg: "lg" }}>
      <Score label={t("common.spent")} value={format.money(card.spent)} />
      <Score label={t("common.orders")} value={format.number(card.orders)} />
      <Score label={t("common.last_order")} value={card.last_order ? format.date(card.last_order) : "–"} />
      <Score
        label={t("customer.rfm")}
        value={scored ? `${card.recency} · ${card.frequency} · ${card.monetary}` : "–"}
        note={
          card.rfm_group_label && (
            <TextLink to="/rfm" size="sm">
              {card.rfm_group_label}
            </TextLink>
          )
        }
      />
    </SimpleGrid>
  );
}
