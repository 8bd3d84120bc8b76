import "./rfm.css";
import { useTranslation } from "react-i18next";
import { metricText, metricValue, shade, toRows, type Metric } from "./grid";
import { UnstyledButton, VisuallyHidden } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

interface RfmGridProps {
  grid: Schemas["RfmGrid"];
  metric: Metric;
  onOpen: (group: string) => void;
}

/** The grid as a real table: a screen reader walks it by row and column, and each cell opens its group. */
export function RfmGrid({ grid, metric, onOpen }: RfmGridProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = new Map(grid.groups.map((group) => [group.group, group.label]));
  const highest = Math.max(0, ...grid.cells.map((cell) => metricValue(cell, metric)));
  return (
    <div className="rfm-scroll" tabIndex={0} role="region" aria-label={t("rfm.grid_title")}>
      <table className="rfm-grid">
        <caption>
          <VisuallyHidden>{t("rfm.grid_caption")}</VisuallyHidden>
        </caption>
        <thead>
          <tr>
            <td />
            {[1, 2, 3, 4, 5].map((column) => (
              <th key={column} scope="col">
                {t("rfm.column", { score: column })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {toRows(grid.cells).map((row) => (
            <tr key={row.recency}>
              <th scope="row">{t("rfm.row", { score: row.recency })}</th>
              {row.cells.map((cell, index) => (
                <td key={index}>
                  {cell && (
                    <UnstyledButton
                      className="rfm-cell"
                      onClick={() => onOpen(cell.group)}
                      style={{
                        background: `color-mix(in srgb, var(--c-primary) ${shade(metricValue(cell, metric), highest)}%, var(--c-surface))`,
                      }}
                    >
                      <span className="rfm-name">{names.get(cell.group) ?? cell.group}</span>
                      <span className="rfm-number number">{metricText(cell, metric, format)}</span>
                      <span className="rfm-second number">
                        {metric === "customers"
                          ? format.moneyRounded(cell.revenue)
                          : t("common.customers", { count: cell.customers, shown: format.number(cell.customers) })}
                      </span>
                    </UnstyledButton>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="rfm-legend">{t("rfm.legend")}</p>
    </div>
  );
}
