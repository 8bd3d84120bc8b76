import { useTranslation } from "react-i18next";
import { answer, api, type Schemas } from "@/api/client";
import { TableIcon } from "@/icons/icons";
import { Alert, Badge, Card, Code, Group, Stack, Text } from "@/kit/kit";
import { DataTable } from "@/shared/DataTable";
import { PageHead } from "@/shared/PageHead";
import { useFormat } from "@/shared/session";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { useAnswer } from "@/shared/useAnswer";

type Property = Schemas["PropertyRow"];

/** The types that values came with, the most frequent first. */
function Types({ one }: { one: Property }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Group gap={6}>
      {one.types.map((seen) => (
        <Badge key={seen.type} color={one.clashes ? "red" : "gray"}>
          {t(`properties.types.${seen.type}`)}
          {one.types.length > 1 && ` × ${format.number(seen.count)}`}
        </Badge>
      ))}
    </Group>
  );
}

function Rows({ rows }: { rows: Property[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable
      caption={t("properties.title")}
      columns={[
        {
          key: "name",
          label: t("properties.name"),
          show: (one) => (
            <>
              {one.name}
              <Text size="sm" c="dimmed">
                {one.event || t("properties.of_customers")}
              </Text>
            </>
          ),
        },
        { key: "type", label: t("properties.type"), show: (one) => <Types one={one} /> },
        {
          key: "shape",
          label: t("properties.shape"),
          from: "sm",
          show: (one) => <Code>{one.types[0]?.shape}</Code>,
        },
        {
          key: "count",
          label: t("properties.count"),
          right: true,
          show: (one) => format.number(one.count),
        },
        {
          key: "last",
          label: t("properties.last"),
          right: true,
          from: "md",
          show: (one) =>
            format.dateTime(
              one.types
                .map((seen) => seen.last_seen)
                .sort()
                .at(-1) ?? "",
            ),
        },
      ]}
      rows={rows}
      id={(one) => `${one.event} ${one.name}`}
    />
  );
}

/** The types of events' properties and customers' traits, learned from what came; clashes on top. */
export function PropertiesPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnswer({
    key: ["properties"],
    ask: (signal) => answer(api.GET("/api/properties", { signal })),
  });
  const clashes = data?.properties.filter((one) => one.clashes).length ?? 0;
  return (
    <>
      <PageHead title={t("properties.title")} lead={t("properties.lead")} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <LoadingState />}
      {data && (
        <Stack gap="lg">
          {clashes > 0 && <Alert color="red">{t("properties.clashes", { count: clashes })}</Alert>}
          <Card>
            {data.properties.length === 0 ? (
              <EmptyState icon={TableIcon} title={t("properties.none")}>
                {t("properties.none_text")}
              </EmptyState>
            ) : (
              <Rows rows={data.properties} />
            )}
          </Card>
        </Stack>
      )}
    </>
  );
}
