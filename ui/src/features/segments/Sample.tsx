import { useTranslation } from "react-i18next";
import { CustomersIcon } from "@/icons/icons";
import { Table, VisuallyHidden } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { EmptyState } from "@/shared/states";
import type { Schemas } from "@/shared/useAnswer";
import { Email } from "@/shared/Email";
import { TextLink } from "@/shared/links";

/** A few of the customers found, so that one can see whether the query means what was meant. */
export function Sample({ members }: { members: Schemas["Member"][] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (members.length === 0) {
    return (
      <EmptyState icon={CustomersIcon} title={t("segment.sample_none")}>
        {t("segment.sample_none_text")}
      </EmptyState>
    );
  }
  return (
    <Table>
      <caption>
        <VisuallyHidden>{t("segment.sample")}</VisuallyHidden>
      </caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("common.customer")}</Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            {t("common.orders")}
          </Table.Th>
          <Table.Th ta="right">{t("common.spent")}</Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            {t("common.last_order")}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {members.map((member) => (
          <Table.Tr key={member.customer_id}>
            <Table.Td style={{ overflowWrap: "anywhere" }}>
              <TextLink to="/customers/$customerId" params={{ customerId: member.customer_id }}>
                {member.name || member.customer_id}
              </TextLink>
              {member.email && <Email address={member.email} />}
            </Table.Td>
            <Table.Td ta="right" visibleFrom="sm">
              {format.number(member.orders)}
            </Table.Td>
            <Table.Td ta="right">{format.money(member.spent)}</Table.Td>
            <Table.Td ta="right" visibleFrom="sm">
              {member.last_order ? format.date(member.last_order) : "–"}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
