import type { EChartsCoreOption } from "echarts/core";
import type { Palette } from "./palette";

/** A span of time, and what it brought in two directions; both are positive numbers. */
export interface Span {
  /** Its first day, or its month. */
  at: string;
  up: number;
  down: number;
}

export interface SpanWords {
  up: string;
  down: string;
  span: (at: string) => string;
  axis: (value: number) => string;
  value: (value: number) => string;
}

/** One direction as bars upwards, the other as bars downwards: two directions, so colour is never alone. */
export function twoWaysOption(spans: Span[], words: SpanWords, palette: Palette): EChartsCoreOption {
  const axisText = { color: palette.muted, fontFamily: "Inter Variable", fontSize: 12 };
  const bar = (name: string, color: string, values: number[]) => ({
    type: "bar",
    name,
    stack: "span",
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
      valueFormatter: (value: unknown) => words.value(Math.abs(Number(value))),
    },
    xAxis: {
      type: "category",
      data: spans.map((span) => words.span(span.at)),
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
        words.up,
        palette.primary,
        spans.map((span) => span.up),
      ),
      bar(
        words.down,
        palette.second,
        spans.map((span) => -span.down),
      ),
    ],
  };
}
