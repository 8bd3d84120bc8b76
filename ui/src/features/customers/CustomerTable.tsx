import { useTranslation } from "react-i18next";
import { Table, VisuallyHidden } from "@/kit/kit";
import { Email } from "@/shared/Email";
import { PhaseBadge } from "@/shared/PhaseBadge";
import { useFormat } from "@/shared/session";
import type { Schemas } from "@/shared/useAnswer";
import { TextLink } from "@/shared/links";

function CustomerLine({ customer }: { customer: Schemas["CustomerRow"] }) {
  const format = useFormat();
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: "anywhere" }}>
        <TextLink to="/customers/$customerId" params={{ customerId: customer.customer_id }} fw={500}>
          {customer.name || customer.customer_id}
        </TextLink>
        {customer.email && <Email address={customer.email} />}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        {customer.phase && <PhaseBadge phase={customer.phase} label={customer.phase_label ?? customer.phase} />}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {format.number(customer.orders)}
      </Table.Td>
      <Table.Td ta="right">{format.money(customer.spent)}</Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {customer.last_order ? format.date(customer.last_order) : "–"}
      </Table.Td>
    </Table.Tr>
  );
}

export function CustomerTable({ customers }: { customers: Schemas["CustomerRow"][] }) {
  const { t } = useTranslation();
  return (
    <Table highlightOnHover>
      <caption>
        <VisuallyHidden>{t("customers.title")}</VisuallyHidden>
      </caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("common.customer")}</Table.Th>
          <Table.Th visibleFrom="sm">{t("customers.phase")}</Table.Th>
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
        {customers.map((customer) => (
          <CustomerLine key={customer.customer_id} customer={customer} />
        ))}
      </Table.Tbody>
    </Table>
  );
}
