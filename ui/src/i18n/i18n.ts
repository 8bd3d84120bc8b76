import i18next from "i18next";
import { initReactI18next } from "react-i18next";

export const languages = ["fr", "en"] as const;
export type Language = (typeof languages)[number];

const stored = "relance.language";
const catalogues = { fr: () => import("./fr.json"), en: () => import("./en.json") };

function isLanguage(value: string | null | undefined): value is Language {
  return languages.some((language) => language === value);
}

/** The language chosen on this machine, else the browser's, else French. */
export function initialLanguage(): Language {
  const chosen = localStorage.getItem(stored);
  if (isLanguage(chosen)) return chosen;
  const asked = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return asked ?? "fr";
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "fr";
}

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, "translation")) return;
  i18next.addResourceBundle(language, "translation", (await catalogues[language]()).default);
}

/** Switches every word of the page, and remembers the choice. */
export async function chooseLanguage(language: Language): Promise<void> {
  await load(language);
  localStorage.setItem(stored, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

/** Starts with the reader's language; the other catalogue is fetched when it is chosen. */
export async function startI18n(): Promise<void> {
  const language = initialLanguage();
  document.documentElement.lang = language;
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await load(language);
}
