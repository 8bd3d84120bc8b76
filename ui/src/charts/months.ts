import type { EChartsCoreOption } from "echarts/core";
import type { Palette } from "./palette";

export interface Month {
  /** "2026-05". */
  month: string;
  revenue: number;
  refunds: number;
  orders: number;
}

export interface MonthWords {
  revenue: string;
  refunds: string;
  month: (month: string) => string;
  axis: (amount: number) => string;
  amount: (amount: number) => string;
}

/** Revenue of each month as bars upwards, refunds as bars downwards: two directions, so colour is never alone. */
export function monthsOption(months: Month[], words: MonthWords, palette: Palette): EChartsCoreOption {
  const axisText = { color: palette.muted, fontFamily: "Inter Variable", fontSize: 12 };
  const bar = (name: string, color: string, values: number[]) => ({
    type: "bar",
    name,
    stack: "month",
    data: values,
    itemStyle: { color, borderRadius: 2 },
    barMaxWidth: 36,
    emphasis: { disabled: true },
  });
  return {
    animationDuration: 200,
    aria: { enabled: true, label: { enabled: false } },
    grid: { left: 8, right: 8, top: 16, bottom: 36, outerBoundsMode: "same" },
    legend: {
      bottom: 0,
      textStyle: { color: palette.text, fontFamily: "Inter Variable" },
      itemWidth: 14,
      itemHeight: 10,
    },
    tooltip: {
      trigger: "axis",
      backgroundColor: palette.surface,
      borderColor: palette.border,
      textStyle: { color: palette.text, fontFamily: "Inter Variable" },
      valueFormatter: (value: unknown) => words.amount(Math.abs(Number(value))),
    },
    xAxis: {
      type: "category",
      data: months.map((month) => words.month(month.month)),
      axisLabel: { ...axisText, hideOverlap: true },
      axisLine: { lineStyle: { color: palette.border } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      splitNumber: 4,
      axisLabel: { ...axisText, formatter: words.axis },
      splitLine: { lineStyle: { color: palette.border } },
    },
    series: [
      bar(
        words.revenue,
        palette.primary,
        months.map((month) => month.revenue),
      ),
      bar(
        words.refunds,
        palette.second,
        months.map((month) => -month.refunds),
      ),
    ],
  };
}
