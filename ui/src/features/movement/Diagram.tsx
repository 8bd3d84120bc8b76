import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { destination, fresh, origin, type Place } from "./matrix";
import { MatrixTable } from "./MatrixTable";
import { Chart } from "@/charts/Chart";
import type { Palette } from "@/charts/palette";
import { sankeyOption } from "@/charts/sankey";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type Matrix = Schemas["MovementMatrix"];

/** Who stayed and who moved, in a sentence. */
function useLabel(matrix: Matrix): string {
  const { t } = useTranslation();
  const format = useFormat();
  const sum = (flows: Matrix["flows"]) => flows.reduce((total, flow) => total + flow.customers, 0);
  const stayed = sum(matrix.flows.filter((flow) => origin(flow) === destination(flow)));
  const moved = sum(matrix.flows) - stayed;
  return t("movement.told", { stayed: format.number(stayed), moved: format.number(moved) });
}

interface DiagramProps {
  matrix: Matrix;
  from: Place[];
  to: Place[];
}

/** The matrix as bands between two columns; its table twin is the matrix. */
export function Diagram({ matrix, from, to }: DiagramProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const label = useLabel(matrix);
  const option = useCallback(
    (palette: Palette) => {
      const named = (places: Place[]) =>
        places.map(({ id, name }) => ({
          id,
          name: name ?? (id === fresh ? t("movement.newcomers") : t("movement.none")),
        }));
      const flows = matrix.flows.map((flow) => ({
        from: origin(flow),
        to: destination(flow),
        value: flow.customers,
      }));
      return sankeyOption(flows, { from: named(from), to: named(to), number: format.number }, palette);
    },
    [matrix, from, to, format, t],
  );
  return <Chart label={label} option={option} table={<MatrixTable matrix={matrix} />} height={460} />;
}
