import { useTranslation } from "react-i18next";
import type { LivePreview } from "./usePreview";
import { Card, Group, Loader, Stack, Text, Title } from "@/kit/kit";
import { Announce } from "@/shared/Announce";
import { useFormat } from "@/shared/session";

function Line({ label, value }: { label: string; value: string }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="md">
      <Text c="dimmed" size="sm">
        {label}
      </Text>
      <Text className="number" fw={500}>
        {value}
      </Text>
    </Group>
  );
}

/** How many customers the query finds. While it counts, the last number stays, greyed. */
export function SizeCard({ preview, unfinished }: { preview: LivePreview; unfinished: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { counted, computing, current } = preview;
  const stale = computing || unfinished || Boolean(current?.fault);
  const members = counted?.members ?? null;
  const shown = members === null ? "–" : format.number(members);
  const note = unfinished ? t("segment.unfinished") : computing ? t("segment.computing") : null;
  return (
    <Card component="section" aria-label={t("segment.size_title")}>
      <Group justify="space-between" h={24}>
        <Title order={2} size="h3">
          {t("segment.size_title")}
        </Title>
        {computing && <Loader size={18} aria-hidden="true" />}
      </Group>
      <div aria-busy={computing}>
        <Text fz={36} lh="48px" fw={600} className="number" c={stale ? "dimmed" : undefined}>
          {shown}
        </Text>
        <Text c="dimmed" size="sm" mb="md">
          {note ?? (members === null ? "\u00a0" : t("segment.size_unit", { count: members }))}
        </Text>
        <Stack gap="xs">
          <Line
            label={t("segment.share")}
            value={typeof counted?.share === "number" ? format.percent(counted.share) : "–"}
          />
          <Line
            label={t("segment.reachable")}
            value={typeof counted?.reachable === "number" ? format.number(counted.reachable) : "–"}
          />
          <Line label={t("segment.revenue")} value={counted?.revenue ? format.moneyRounded(counted.revenue) : "–"} />
          {counted && <Line label={t("segment.counted_at")} value={format.dateTime(counted.as_of)} />}
        </Stack>
      </div>
      {!stale && members !== null && (
        <Announce text={t("common.customers", { count: members, shown: format.number(members) })} />
      )}
    </Card>
  );
}
