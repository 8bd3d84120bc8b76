import { useTranslation } from "react-i18next";
import { SearchIcon } from "@/icons/icons";
import { EmptyState } from "@/shared/states";
import { ButtonLink } from "@/shared/links";

export function MissingPage() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={SearchIcon}
      title={t("missing.title")}
      action={<ButtonLink to="/">{t("missing.home")}</ButtonLink>}
    >
      {t("missing.text")}
    </EmptyState>
  );
}
