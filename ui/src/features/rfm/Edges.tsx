import { useTranslation } from "react-i18next";
import { Card, SimpleGrid, Text, Title } from "@/kit/kit";
import { useFormat } from "@/shared/session";
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

type Grid = Schemas["RfmGrid"];

function useEdgeLines(grid: Grid) {
  const { t } = useTranslation();
  const format = useFormat();
  const counted = (edge: number) => ({ count: edge, shown: format.number(edge) });
  const last = (edges: number[], say: (edge: number) => string) => edges.slice(-1).map(say);
  const { recency_edges: days, frequency_edges: orders, monetary_edges: amounts } = grid;
  return {
    recency: [
      ...days.map((edge, index) => t("rfm.edge_recency", { score: 5 - index, ...counted(edge) })),
      ...last(days, (edge) => t("rfm.edge_recency_last", counted(edge))),
    ],
    frequency: [
      t("rfm.edge_one_order"),
      ...orders.map((edge, index) => t("rfm.edge_frequency", { score: index + 2, ...counted(edge) })),
      ...last(orders, (edge) => t("rfm.edge_frequency_last", counted(edge))),
    ],
    monetary: [
      ...amounts.map((edge, index) => t("rfm.edge_monetary", { score: index + 1, amount: format.moneyOfMinor(edge) })),
      ...last(amounts, (edge) => t("rfm.edge_monetary_last", { amount: format.moneyOfMinor(edge) })),
    ],
  };
}

/** Where the scores come from: the cut points of this shop, frozen until they are computed again. */
export function Edges({ grid }: { grid: Grid }) {
  const { t } = useTranslation();
  const lines = useEdgeLines(grid);
  return (
    <Card>
      <Title order={2} size="h3" mb={4}>
        {t("rfm.edges_title")}
      </Title>
      <Text size="sm" c="dimmed" mb="md" maw={720}>
        {t("rfm.edges_text")}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <EdgeList title={t("rfm.recency")} lines={lines.recency} />
        <EdgeList title={t("rfm.frequency")} lines={lines.frequency} />
        <EdgeList title={t("rfm.monetary")} lines={lines.monetary} />
      </SimpleGrid>
    </Card>
  );
}
