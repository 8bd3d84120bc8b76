import { Card, SimpleGrid, Text } from "@/kit/kit";
import type { Format } from "@/shared/format";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";

type Figure = Schemas["Figure"];

/** A figure as its unit is written; a dash while it is unknown. */
export function figureText(figure: Figure, format: Format): string {
  if (figure.unit === "count" && figure.count !== null) return format.number(figure.count);
  if (figure.unit === "share" && figure.share !== null) return format.percent(figure.share);
  if (figure.unit === "money" && figure.money !== null) return format.moneyRounded(figure.money);
  return "–";
}

export function Figures({ figures }: { figures: Figure[] }) {
  const format = useFormat();
  return (
    <SimpleGrid cols={{ base: 2, lg: 4 }} spacing={{ base: "sm", lg: "lg" }}>
      {figures.map((figure) => (
        <Card key={figure.key}>
          <Text size="sm" c="dimmed">
            {figure.label}
          </Text>
          <Text fz={{ base: 22, sm: 28 }} lh="36px" fw={600} className="number">
            {figureText(figure, format)}
          </Text>
          {figure.change !== null && (
            <Text size="sm" fw={500} className="number">
              {format.percentChange(figure.change)}
            </Text>
          )}
          {figure.note && (
            <Text size="sm" c="dimmed">
              {figure.note}
            </Text>
          )}
        </Card>
      ))}
    </SimpleGrid>
  );
}
