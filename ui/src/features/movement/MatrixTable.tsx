import { useTranslation } from "react-i18next";
import { crossing, fresh, type Place } from "./matrix";
import { Table, VisuallyHidden } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

/** From where in rows, to where in columns; who stayed stands on the diagonal. */
export function MatrixTable({ matrix }: { matrix: Schemas["MovementMatrix"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { from, to, customers } = crossing(matrix);
  const most = Math.max(1, ...matrix.flows.map((flow) => flow.customers));
  const nameOf = (place: Place) => place.name ?? (place.id === fresh ? t("movement.newcomers") : t("movement.none"));
  return (
    <Table.ScrollContainer minWidth={200 + 110 * to.length} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table fz="sm">
        <caption>
          <VisuallyHidden>{t("movement.matrix")}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th style={{ verticalAlign: "bottom" }}>{t("movement.from_to")}</Table.Th>
            {to.map((place) => (
              <Table.Th key={place.id} scope="col" ta="right" style={{ verticalAlign: "bottom" }}>
                {nameOf(place)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {from.map((row) => (
            <Table.Tr key={row.id}>
              <Table.Th scope="row">{nameOf(row)}</Table.Th>
              {to.map((column) => {
                const count = customers(row.id, column.id);
                const shade = Math.round((count / most) * 22);
                return (
                  <Table.Td
                    key={column.id}
                    ta="right"
                    fw={row.id === column.id ? 600 : undefined}
                    style={{ background: `color-mix(in srgb, var(--c-primary) ${shade}%, var(--c-surface))` }}
                  >
                    {count === 0 ? "–" : format.number(count)}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
