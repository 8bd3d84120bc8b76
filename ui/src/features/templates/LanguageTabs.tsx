import { useTranslation } from "react-i18next";
import { SegmentedControl } from "@/kit/kit";

export type Written = "en" | "fr";

/** Which of the two versions of a text is written and looked at. */
export function LanguageTabs({ written, onChange }: { written: Written; onChange: (written: Written) => void }) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      w="fit-content"
      value={written}
      onChange={(value) => onChange(value as Written)}
      aria-label={t("templates.language")}
      data={[
        { value: "fr", label: t("templates.languages.fr") },
        { value: "en", label: t("templates.languages.en") },
      ]}
    />
  );
}
