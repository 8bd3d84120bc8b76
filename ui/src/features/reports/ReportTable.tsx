import { useTranslation } from "react-i18next";
import { Table, VisuallyHidden } from "@/kit/kit";
import type { Format } from "@/shared/format";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type Row = Schemas["ReportRow"];

function withAmount(orders: number, amount: Row["revenue"], format: Format): string {
  return `${format.number(orders)} · ${format.moneyRounded(amount)}`;
}

const columns: { key: string; text: (row: Row, format: Format) => string }[] = [
  { key: "planned", text: (row, format) => format.number(row.planned) },
  { key: "accepted", text: (row, format) => format.number(row.accepted) },
  { key: "on_their_way", text: (row, format) => format.number(row.on_their_way) },
  { key: "bounced", text: (row, format) => format.number(row.bounced) },
  { key: "delivered", text: (row, format) => format.number(row.delivered) },
  { key: "in_doubt", text: (row, format) => format.number(row.in_doubt) },
  { key: "not_sent", text: (row, format) => format.number(row.not_sent) },
  { key: "clicked", text: (row, format) => format.number(row.clicked) },
  { key: "unsubscribed", text: (row, format) => format.number(row.unsubscribed) },
  { key: "orders_after", text: (row, format) => withAmount(row.orders, row.revenue, format) },
  { key: "orders_without", text: (row, format) => withAmount(row.orders_beside, row.revenue_beside, format) },
];

function Line({ row, total = false }: { row: Row; total?: boolean }) {
  const format = useFormat();
  return (
    <Table.Tr fw={total ? 600 : undefined} bg={total ? "var(--c-sunken)" : undefined}>
      <Table.Th scope="row" fw={total ? 600 : 400} miw={160}>
        {row.label}
      </Table.Th>
      {columns.map(({ key, text }) => (
        <Table.Td key={key} ta="right" style={{ whiteSpace: "nowrap" }}>
          {text(row, format)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

/** Every step with every figure, and the total under them. */
export function ReportTable({ rows, total }: { rows: Row[]; total: Row }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={980} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table fz="sm" horizontalSpacing={8}>
        <caption>
          <VisuallyHidden>{t("report.by_step")}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th style={{ verticalAlign: "bottom" }}>{t("report.step")}</Table.Th>
            {columns.map(({ key }) => (
              <Table.Th key={key} ta="right" style={{ verticalAlign: "bottom" }}>
                {t(`report.${key}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Line key={row.step ?? row.label} row={row} />
          ))}
          <Line row={total} total />
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
