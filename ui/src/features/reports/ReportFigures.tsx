import { useTranslation } from "react-i18next";
import { rate } from "./rate";
import { Card, SimpleGrid, Text } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

function Figure({ label, value, note }: { label: string; value: string; note: string | null }) {
  return (
    <Card>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={26} lh="34px" fw={600} className="number">
        {value}
      </Text>
      {note && (
        <Text size="sm" c="dimmed" className="number">
          {note}
        </Text>
      )}
    </Card>
  );
}

/** The totals. Orders within five days of sending stand beside, not added: nobody clicked for them. */
export function ReportFigures({ total }: { total: Schemas["ReportRow"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const share = (part: number, whole: number) => {
    const value = rate(part, whole);
    return value === null ? null : format.percent(value);
  };
  const clicked = share(total.clicked, total.delivered);
  const delivered = share(total.delivered, total.planned);
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="lg">
      <Figure
        label={t("report.delivered")}
        value={format.number(total.delivered)}
        note={delivered && t("report.of_planned", { share: delivered, shown: format.number(total.planned) })}
      />
      <Figure
        label={t("report.clicked")}
        value={format.number(total.clicked)}
        note={clicked && t("report.of_delivered", { share: clicked })}
      />
      <Figure
        label={t("report.revenue_clicked")}
        value={format.moneyRounded(total.revenue)}
        note={t("report.orders_clicked", { count: total.orders, shown: format.number(total.orders) })}
      />
      <Figure
        label={t("report.revenue_beside")}
        value={format.moneyRounded(total.revenue_beside)}
        note={t("report.orders_beside", { count: total.orders_beside, shown: format.number(total.orders_beside) })}
      />
    </SimpleGrid>
  );
}
