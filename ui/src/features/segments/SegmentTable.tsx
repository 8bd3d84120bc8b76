import { useTranslation } from "react-i18next";
import { Group, Progress, Table, Text, VisuallyHidden } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { Spark } from "@/shared/Spark";
import type { Schemas } from "@/shared/useAnswer";
import { TextLink } from "@/shared/links";

type Row = Schemas["SegmentRow"];

function Change({ row }: { row: Row }) {
  const format = useFormat();
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      <Spark values={row.history.map((point) => point.value)} />
      <Text size="sm" component="span" className="number" miw={52} ta="right" c={row.change ? undefined : "dimmed"}>
        {row.change === null ? "–" : format.change(row.change)}
      </Text>
    </Group>
  );
}

function Share({ share }: { share: number | null }) {
  const format = useFormat();
  if (share === null) return "–";
  return (
    <Group gap="xs" wrap="nowrap" justify="flex-end">
      <Progress value={share * 100} size="sm" w={56} aria-hidden="true" visibleFrom="md" />
      <span style={{ minWidth: 56 }}>{format.percent(share)}</span>
    </Group>
  );
}

function SegmentLine({ row }: { row: Row }) {
  const format = useFormat();
  return (
    <Table.Tr>
      <Table.Td miw={180}>
        <TextLink to="/segments/$segmentId" params={{ segmentId: row.segment_id }} fw={500}>
          {row.name}
        </TextLink>
        <Text size="sm" c="dimmed" maw={560} lineClamp={2} className="sentence">
          {row.sentence}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        {row.members === null ? "–" : format.number(row.members)}
        {row.share !== null && (
          <Text size="sm" c="dimmed" hiddenFrom="sm">
            {format.percent(row.share)}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        <Share share={row.share} />
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {row.revenue ? format.moneyRounded(row.revenue) : "–"}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="md">
        <Change row={row} />
      </Table.Td>
    </Table.Tr>
  );
}

/** Segments with size, share, revenue and their change in 30 days. */
export function SegmentTable({ segments, caption }: { segments: Row[]; caption: string }) {
  const { t } = useTranslation();
  return (
    <Table layout="auto" highlightOnHover>
      <caption>
        <VisuallyHidden>{caption}</VisuallyHidden>
      </caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("segments.name")}</Table.Th>
          <Table.Th ta="right" w={{ base: 80, sm: 110 }}>
            {t("segments.size")}
          </Table.Th>
          <Table.Th ta="right" w={{ base: 80, md: 150 }} visibleFrom="sm">
            {t("segments.share")}
          </Table.Th>
          <Table.Th ta="right" w={140} visibleFrom="sm">
            {t("common.revenue")}
          </Table.Th>
          <Table.Th ta="right" w={190} visibleFrom="md">
            {t("segments.change")}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {segments.map((row) => (
          <SegmentLine key={row.segment_id} row={row} />
        ))}
      </Table.Tbody>
    </Table>
  );
}
