import { useTranslation } from "react-i18next";
import { Alert, Stack } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

/** The rows that named nobody, and why; nothing when every row named somebody. */
export function Rejected({ change }: { change: Schemas["ListChange"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { changed, rejected, rejected_rows: rows } = change;
  return (
    <Stack gap="xs">
      <Alert color={rejected > 0 ? "orange" : "teal"}>
        {t("people.changed", { count: changed, shown: format.number(changed) })}{" "}
        {rejected > 0 && t("people.rejected", { count: rejected, shown: format.number(rejected) })}
      </Alert>
      {rows.length > 0 && (
        <DataTable
          caption={t("people.rejected_title")}
          columns={[
            { key: "row", label: t("people.row"), show: (one) => format.number(one.row) },
            { key: "value", label: t("people.value"), show: (one) => one.value },
            { key: "why", label: t("people.why"), show: (one) => one.why },
          ]}
          rows={rows}
          id={(one) => String(one.row)}
        />
      )}
    </Stack>
  );
}
