import { useTranslation } from "react-i18next";

/** How numbers are typed in the reader's language. */
export function useNumbers() {
  const { i18n } = useTranslation();
  return i18n.language === "fr"
    ? { decimalSeparator: ",", thousandSeparator: "\u202f", allowedDecimalSeparators: [",", "."] }
    : { decimalSeparator: ".", thousandSeparator: "," };
}
