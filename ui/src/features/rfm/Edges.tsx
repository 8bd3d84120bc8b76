import { useTranslation } from "react-i18next";
import { Card, SimpleGrid, Text, Title } from "@/kit/kit";
import { useFormat, useSigned } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

function EdgeList({ title, lines }: { title: string; lines: string[] }) {
  return (
    <div>
      <Text fw={600} size="sm" mb={4} component="h3">
        {title}
      </Text>
      <ul style={{ margin: 0, paddingLeft: 18 }}>
        {lines.map((line) => (
          <Text key={line} component="li" size="sm" className="number">
            {line}
          </Text>
        ))}
      </ul>
    </div>
  );
}

/** Where the scores come from: the cut points of this shop, frozen until they are computed again. */
export function Edges({ grid }: { grid: Schemas["RfmGrid"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { session } = useSigned();
  const currency = session.shop?.currency ?? "EUR";
  const days = grid.recency_edges.map((edge, index) =>
    t("rfm.edge_recency", { score: 5 - index, count: edge, shown: format.number(edge) }),
  );
  const orders = [
    t("rfm.edge_one_order"),
    ...grid.frequency_edges.map((edge, index) =>
      t("rfm.edge_frequency", { score: index + 3, count: edge, shown: format.number(edge) }),
    ),
  ];
  const spent = grid.monetary_edges.map((edge, index) =>
    t("rfm.edge_monetary", { score: index + 2, amount: format.money({ amount: String(edge), currency }) }),
  );
  return (
    <Card>
      <Title order={2} size="h3" mb={4}>
        {t("rfm.edges_title")}
      </Title>
      <Text size="sm" c="dimmed" mb="md" maw={720}>
        {t("rfm.edges_text")}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <EdgeList title={t("rfm.recency")} lines={days} />
        <EdgeList title={t("rfm.frequency")} lines={orders} />
        <EdgeList title={t("rfm.monetary")} lines={spent} />
      </SimpleGrid>
    </Card>
  );
}
