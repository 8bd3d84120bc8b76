import { useTranslation } from "react-i18next";
import { SegmentsIcon } from "@/icons/icons";
import { Anchor, Code, Drawer, Group, Stack, Table, Text, VisuallyHidden } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";
import { ButtonLink } from "@/shared/links";

type RfmGroup = Schemas["RfmGroup"];

export function GroupTable({ groups, onOpen }: { groups: RfmGroup[]; onOpen: (group: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Table highlightOnHover>
      <caption>
        <VisuallyHidden>{t("rfm.groups_title")}</VisuallyHidden>
      </caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("rfm.group")}</Table.Th>
          <Table.Th ta="right">{t("rfm.metrics.customers")}</Table.Th>
          <Table.Th ta="right" visibleFrom="xs">
            {t("rfm.metrics.share")}
          </Table.Th>
          <Table.Th ta="right">{t("common.revenue")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {groups.map((group) => (
          <Table.Tr key={group.group}>
            <Table.Td>
              <Anchor component="button" type="button" onClick={() => onOpen(group.group)} fw={500} ta="left">
                {group.label}
              </Anchor>
            </Table.Td>
            <Table.Td ta="right">{format.number(group.customers)}</Table.Td>
            <Table.Td ta="right" visibleFrom="xs">
              {format.percent(group.share)}
            </Table.Td>
            <Table.Td ta="right">{format.moneyRounded(group.revenue)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** One group, and the way from it to its customers. */
export function GroupDrawer({ group, onClose }: { group: RfmGroup | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Drawer
      opened={group !== undefined}
      onClose={onClose}
      position="right"
      title={group?.label}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {group && (
        <Stack gap="md">
          <Group gap="xl">
            <div>
              <Text c="dimmed" size="sm">
                {t("rfm.metrics.customers")}
              </Text>
              <Text fz={24} fw={600} className="number">
                {format.number(group.customers)}
              </Text>
            </div>
            <div>
              <Text c="dimmed" size="sm">
                {t("common.revenue")}
              </Text>
              <Text fz={24} fw={600} className="number">
                {format.moneyRounded(group.revenue)}
              </Text>
            </div>
          </Group>
          <div>
            <Text c="dimmed" size="sm" mb={4}>
              {t("segment.query")}
            </Text>
            <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
              {group.query}
            </Code>
          </div>
          <ButtonLink
            to="/segments/new"
            search={{ query: group.query, name: group.label }}
            leftSection={<SegmentsIcon />}
          >
            {t("rfm.open_segment")}
          </ButtonLink>
        </Stack>
      )}
    </Drawer>
  );
}
