import type { Schemas } from "@/api/client";
import type { Format } from "@/shared/format";

export type Metric = "customers" | "revenue" | "share";
type Cell = Schemas["RfmCell"];

/** Rows from the most recent (5) down, columns from the smallest (1) up; a cell that nobody is in stays undefined. */
export function toRows(cells: Cell[]): { recency: number; cells: (Cell | undefined)[] }[] {
  return [5, 4, 3, 2, 1].map((recency) => ({
    recency,
    cells: [1, 2, 3, 4, 5].map((column) =>
      cells.find((cell) => cell.recency === recency && cell.frequency_money === column),
    ),
  }));
}

export function metricValue(cell: Cell, metric: Metric): number {
  if (metric === "customers") return cell.customers;
  return metric === "share" ? cell.share : Number(cell.revenue.amount);
}

export function metricText(cell: Cell, metric: Metric, format: Format): string {
  if (metric === "customers") return format.number(cell.customers);
  return metric === "share" ? format.percent(cell.share) : format.moneyRounded(cell.revenue);
}

/** How dark a cell is, 0 to 55 %: the square root, so that one huge cell does not make the others look empty. */
export function shade(value: number, highest: number): number {
  if (value <= 0 || highest <= 0) return 0;
  return Math.round(Math.sqrt(value / highest) * 55);
}
