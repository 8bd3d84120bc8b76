import type { ReactNode } from "react";
import { Table, VisuallyHidden } from "@/kit/kit";

export interface Column<Row> {
  key: string;
  label: string;
  show: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  right?: boolean;
  /** Narrower screens do without it. */
  from?: "xs" | "sm" | "md";
}

interface DataTableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  id: (row: Row) => string;
}

/** A plain table: what it is about is read out, narrow screens see fewer columns and scroll the rest. */
export function DataTable<Row>({ caption, columns, rows, id }: DataTableProps<Row>) {
  return (
    <Table.ScrollContainer minWidth={280} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table fz="sm">
        <caption>
          <VisuallyHidden>{caption}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ key, label, right, from }) => (
              <Table.Th key={key} ta={right ? "right" : undefined} visibleFrom={from}>
                {label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={id(row)}>
              {columns.map(({ key, show, right, from }) => (
                <Table.Td
                  key={key}
                  ta={right ? "right" : undefined}
                  visibleFrom={from}
                  style={right ? undefined : { overflowWrap: "anywhere" }}
                >
                  {show(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
