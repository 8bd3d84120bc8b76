import type { ECharts, EChartsCoreOption } from "echarts/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { readPalette, type Palette } from "./palette";
import { ChartIcon, TableIcon } from "@/icons/icons";
import { Box, Button, Group, useComputedColorScheme } from "@/kit/kit";

interface ChartProps {
  /** What the chart shows, in a sentence: read out instead of the drawing. */
  label: string;
  option: (palette: Palette) => EChartsCoreOption;
  /** The same figures as a table. */
  table: ReactNode;
  height?: number;
}

function Drawing({ label, option, height }: Required<Omit<ChartProps, "table">>) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    let chart: ECharts | undefined;
    let watcher: ResizeObserver | undefined;
    let gone = false;
    void import("./engine").then(({ init }) => {
      if (gone || !box.current) return;
      chart = init(box.current, null, { renderer: "svg" });
      chart.setOption(option(readPalette()));
      watcher = new ResizeObserver(() => chart?.resize());
      watcher.observe(box.current);
    });
    return () => {
      gone = true;
      watcher?.disconnect();
      chart?.dispose();
    };
  }, [option, scheme]);
  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}

/** A chart with its own label and a table twin one button away. */
export function Chart({ label, option, table, height = 280 }: ChartProps) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  return (
    <Box component="figure" m={0}>
      <Group justify="flex-end" mb={4}>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={asTable ? <ChartIcon size={16} /> : <TableIcon size={16} />}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? t("chart.see_chart") : t("chart.see_table")}
        </Button>
      </Group>
      {asTable ? table : <Drawing label={label} option={option} height={height} />}
    </Box>
  );
}
