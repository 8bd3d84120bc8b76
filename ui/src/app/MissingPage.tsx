import { useTranslation } from "react-i18next";
import { SearchIcon } from "@/icons/icons";
import { PageHead } from "@/shared/PageHead";
import { EmptyState } from "@/shared/states";
import { ButtonLink } from "@/shared/links";

export function MissingPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t("missing.title")} />
      <EmptyState
        icon={SearchIcon}
        title={t("missing.what")}
        action={<ButtonLink to="/">{t("missing.home")}</ButtonLink>}
      >
        {t("missing.text")}
      </EmptyState>
    </>
  );
}
