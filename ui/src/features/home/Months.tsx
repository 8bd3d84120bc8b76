import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "@/charts/Chart";
import type { Palette } from "@/charts/palette";
import { twoWaysOption } from "@/charts/twoWays";
import { Card, Table, Title } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type MonthRevenue = Schemas["MonthRevenue"];

function MonthTable({ months }: { months: MonthRevenue[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table>
        <Table.Caption>{t("home.months_title")}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("home.month")}</Table.Th>
            <Table.Th ta="right">{t("common.orders")}</Table.Th>
            <Table.Th ta="right">{t("common.revenue")}</Table.Th>
            <Table.Th ta="right">{t("home.refunds")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {months.map((month) => (
            <Table.Tr key={month.month}>
              <Table.Td>{format.month(month.month)}</Table.Td>
              <Table.Td ta="right">{format.number(month.orders)}</Table.Td>
              <Table.Td ta="right">{format.moneyRounded(month.revenue)}</Table.Td>
              <Table.Td ta="right">{format.moneyRounded(month.refunds)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Revenue and refunds month by month. */
export function Months({ months }: { months: MonthRevenue[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const option = useCallback(
    (palette: Palette) => {
      const rows = months.map((month) => ({
        at: month.month,
        up: Number(month.revenue.amount),
        down: Math.abs(Number(month.refunds.amount)),
      }));
      const currency = months[0]?.revenue.currency ?? "EUR";
      const words = {
        up: t("common.revenue"),
        down: t("home.refunds"),
        span: format.month,
        axis: format.moneyCompact,
        value: (value: number) => format.moneyRounded({ amount: String(value), currency }),
      };
      return twoWaysOption(rows, words, palette);
    },
    [months, format, t],
  );
  const last = months.at(-1);
  if (!last) return null;
  return (
    <Card>
      <Title order={2} size="h3">
        {t("home.months_title")}
      </Title>
      <Chart
        label={t("home.months_label", {
          count: months.length,
          month: format.month(last.month),
          revenue: format.moneyRounded(last.revenue),
        })}
        option={option}
        table={<MonthTable months={months} />}
      />
    </Card>
  );
}
