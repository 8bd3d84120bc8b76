import type { EChartsCoreOption } from "echarts/core";
import type { Palette } from "./palette";

export interface SankeyEnd {
  id: string;
  name: string;
}

export interface SankeyFlow {
  from: string;
  to: string;
  value: number;
}

interface SankeyWords {
  from: SankeyEnd[];
  to: SankeyEnd[];
  number: (value: number) => string;
}

/** Ends of both sides stand apart, because the same place may be before and after. */
const before = (id: string) => `before ${id}`;
const after = (id: string) => `after ${id}`;

/** Two columns of places, and between them bands as wide as the number of people who went that way. */
export function sankeyOption(
  flows: SankeyFlow[],
  { from, to, number }: SankeyWords,
  palette: Palette,
): EChartsCoreOption {
  const names = new Map([
    ...from.map(({ id, name }) => [before(id), name] as const),
    ...to.map(({ id, name }) => [after(id), name] as const),
  ]);
  const used = new Set(flows.flatMap((flow) => [before(flow.from), after(flow.to)]));
  const ends = (places: SankeyEnd[], key: (id: string) => string, depth: number) =>
    places
      .filter(({ id }) => used.has(key(id)))
      .map(({ id }) => ({ name: key(id), depth, label: { position: depth === 0 ? "right" : "left" } }));
  return {
    animationDuration: 200,
    aria: { enabled: true, label: { enabled: false } },
    tooltip: {
      backgroundColor: palette.surface,
      borderColor: palette.border,
      textStyle: { color: palette.text, fontFamily: "Inter Variable" },
    },
    series: [
      {
        type: "sankey",
        left: 0,
        right: 0,
        top: 8,
        bottom: 8,
        nodeWidth: 12,
        nodeGap: 14,
        draggable: false,
        layoutIterations: 0,
        data: [...ends(from, before, 0), ...ends(to, after, 1)],
        links: flows.map((flow) => ({ source: before(flow.from), target: after(flow.to), value: flow.value })),
        itemStyle: { color: palette.primary, borderWidth: 0 },
        lineStyle: { color: palette.primary, opacity: 0.22 },
        emphasis: { focus: "adjacency" },
        label: {
          color: palette.text,
          fontFamily: "Inter Variable",
          fontSize: 12,
          formatter: ({ name }: { name: string }) => names.get(name) ?? name,
        },
        tooltip: {
          formatter: ({ name, value, data }: { name: string; value: number; data: Record<string, unknown> }) => {
            const source = names.get(String(data["source"]));
            const target = names.get(String(data["target"]));
            const what = source && target ? `${source} → ${target}` : (names.get(name) ?? name);
            const text = document.createElement("span");
            text.textContent = `${what} · ${number(value)}`;
            return text;
          },
        },
      },
    ],
  };
}
