import { useTranslation } from "react-i18next";
import { UploadIcon } from "@/icons/icons";
import { Card, Code, Stack, Text, Title } from "@/kit/kit";
import { EmptyState } from "@/shared/states";

const commands = {
  shopify: "relance --data my-shop import shopify customers.csv orders.csv",
  file: "relance --data my-shop import csv orders.xlsx",
  serve: "relance --data my-shop serve",
};

function Commands() {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      {Object.entries(commands).map(([name, command]) => (
        <div key={name}>
          <Text size="sm" mb={2}>
            {t(`home.own_${name}`)}
          </Text>
          <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
            {command}
          </Code>
        </div>
      ))}
    </Stack>
  );
}

/** How to bring one's own shop in. */
export function OwnShop() {
  const { t } = useTranslation();
  return (
    <Card h="100%">
      <Title order={2} size="h3" mb="xs">
        {t("home.own_title")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t("home.own_text")}
      </Text>
      <Commands />
    </Card>
  );
}

/** The page before the first import: why it is empty, and the commands that fill it. */
export function FirstDay() {
  const { t } = useTranslation();
  return (
    <Card>
      <EmptyState icon={UploadIcon} title={t("home.first_title")}>
        {t("home.own_text")}
      </EmptyState>
      <Commands />
    </Card>
  );
}
