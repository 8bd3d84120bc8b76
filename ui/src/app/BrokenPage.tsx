import { useTranslation } from "react-i18next";
import { WarningIcon } from "@/icons/icons";
import { Button } from "@/kit/kit";
import { PageHead } from "@/shared/PageHead";
import { EmptyState } from "@/shared/states";

/** A page that could not be drawn: most often its code is another since the server was brought up to date. */
export function BrokenPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t("broken.title")} />
      <EmptyState
        icon={WarningIcon}
        title={t("broken.what")}
        action={<Button onClick={() => window.location.reload()}>{t("broken.reload")}</Button>}
      >
        {t("broken.text")}
      </EmptyState>
    </>
  );
}
