import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { answer, api, type Schemas } from "@/api/client";
import { TagIcon } from "@/icons/icons";
import { Badge, Card, Select, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Change = Schemas["CatalogueChange"];

/** What changes can be, as the catalogue's page of the documentation names them, with the colour of each. */
const changes = {
  "Price Dropped": "teal",
  "Price Raised": "gray",
  "Back In Stock": "teal",
  "Low Stock": "orange",
  "Out Of Stock": "red",
  "Product Renamed": "gray",
  "Product Removed": "red",
} as const;

function colourOf(name: string): string {
  return (changes as Record<string, string>)[name] ?? "gray";
}

function Rows({ rows, currency }: { rows: Change[]; currency: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const told = (one: Change, value: string | null) => {
    if (value === null || one.name === "Product Renamed") return value;
    return one.name.startsWith("Price") ? format.money({ amount: value, currency }) : format.number(Number(value));
  };
  return (
    <DataTable
      caption={t("catalogue.title")}
      columns={[
        {
          key: "product",
          label: t("catalogue.product"),
          show: (one) => (
            <>
              {one.title ?? one.product_id}
              <Text size="sm" c="dimmed">
                {[one.product_id, one.variant_id].filter(Boolean).join(" · ")}
              </Text>
            </>
          ),
        },
        {
          key: "change",
          label: t("catalogue.change"),
          show: (one) => <Badge color={colourOf(one.name)}>{one.label}</Badge>,
        },
        {
          key: "values",
          label: t("catalogue.values"),
          right: true,
          show: (one) => [told(one, one.before), told(one, one.after)].filter(Boolean).join(" → "),
        },
        {
          key: "at",
          label: t("catalogue.at"),
          right: true,
          from: "sm",
          show: (one) => format.dateTime(one.occurred_at),
        },
      ]}
      rows={rows}
      id={(one) => `${one.product_id} ${one.variant_id ?? ""} ${one.name} ${one.occurred_at}`}
    />
  );
}

/** Prices that dropped or rose, what is back in stock, short or gone, new names. */
export function CataloguePage() {
  const { t } = useTranslation();
  const { change } = useSearch({ from: "/catalogue" });
  const navigate = useNavigate();
  const { data, error, refetch } = useAnswer({
    key: ["catalogue", change ?? ""],
    ask: (signal) =>
      answer(api.GET("/api/catalogue/changes", { params: { query: { name: change ?? null, limit: 200 } }, signal })),
  });
  return (
    <>
      <PageHead title={t("catalogue.title")} lead={t("catalogue.lead")} />
      <Stack gap="lg">
        <Select
          w={{ base: "100%", xs: 320 }}
          data={Object.keys(changes).map((name) => ({ value: name, label: t(`catalogue.changes.${name}`) }))}
          value={change ?? null}
          onChange={(name) => void navigate({ to: "/catalogue", search: name ? { change: name } : {}, replace: true })}
          placeholder={t("catalogue.all")}
          aria-label={t("catalogue.change")}
          clearable
          clearButtonProps={{ "aria-label": t("catalogue.all") }}
        />
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!data && !error && <LoadingState />}
        {data && (
          <Card>
            {data.changes.length === 0 ? (
              <EmptyState icon={TagIcon} title={t("catalogue.none")}>
                {t("catalogue.none_text")}
              </EmptyState>
            ) : (
              <Rows rows={data.changes} currency={data.currency} />
            )}
          </Card>
        )}
      </Stack>
    </>
  );
}
