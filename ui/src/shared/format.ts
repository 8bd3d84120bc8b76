/** How a shop's figures are written in the reader's language; all dates are shown in the shop's time zone. */
export interface FormatSettings {
  language: string;
  currency: string;
  zone: string;
}

/** An amount as the server writes it: a decimal text, never a float. */
export interface Money {
  amount: string;
  currency: string;
}

export interface Format {
  language: string;
  number(value: number): string;
  /** A signed whole number, "+12" or "−3". */
  change(value: number): string;
  /** A share between 0 and 1, as a percentage. */
  percent(share: number): string;
  /** A signed share, "+4.2 %". */
  percentChange(share: number): string;
  /** An amount with its cents, in its own currency. */
  money(value: Money): string;
  /** An amount without cents: for figures that are read at a glance. */
  moneyRounded(value: Money): string;
  /** An amount of the shop's currency given in minor units: thresholds are numbers, not amounts. */
  moneyOfMinor(minor: number): string;
  /** An amount of the shop's currency in short form, for chart axes: "12 k€". */
  moneyCompact(amount: number): string;
  /** The short sign of the shop's currency. */
  currencySign: string;
  compact(value: number): string;
  date(iso: string): string;
  dateTime(iso: string): string;
  time(iso: string): string;
  /** A day as a heading: "lundi 3 mai 2026". */
  longDate(iso: string): string;
  /** "France" for "FR"; the code itself when nobody knows it. */
  countryName(code: string): string;
  /** "français" for "fr". */
  languageName(code: string): string;
  /** A month given as "2026-05" or as its first day: "mai 26". */
  month(iso: string): string;
}

const locales: Record<string, string> = { fr: "fr-FR", en: "en-GB" };
const dayOnly = /^\d{4}-\d{2}-\d{2}$/;
const monthOnly = /^\d{4}-\d{2}$/;

/** A calendar day has no instant: read at noon UTC and written in UTC, it is the same day everywhere. */
function instant(iso: string): { at: Date; calendar: boolean } {
  if (monthOnly.test(iso)) return { at: new Date(`${iso}-15T12:00:00Z`), calendar: true };
  if (dayOnly.test(iso)) return { at: new Date(`${iso}T12:00:00Z`), calendar: true };
  return { at: new Date(iso), calendar: false };
}

/** The name of a country or a language in the reader's language; a code that is none stays as it is. */
function nameOf(locale: string, type: "region" | "language", code: string): string {
  try {
    return new Intl.DisplayNames(locale, { type }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Amounts with the short sign of their currency: £, and not £GB. */
const money = { style: "currency", currencyDisplay: "narrowSymbol" } as const;

export function makeFormat({ language, currency, zone }: FormatSettings): Format {
  const locale = locales[language] ?? language;
  const numbers = (options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
  const whole = numbers({ maximumFractionDigits: 0 });
  const signed = numbers({ maximumFractionDigits: 0, signDisplay: "exceptZero" });
  const share = numbers({ style: "percent", maximumFractionDigits: 1 });
  const signedShare = numbers({ style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" });
  const inCurrency = (value: Money, options?: Intl.NumberFormatOptions) =>
    numbers({ ...money, currency: value.currency, ...options }).format(value.amount as Intl.StringNumericLiteral);
  const compactMoney = numbers({ ...money, currency, notation: "compact", maximumFractionDigits: 1 });
  const exact = numbers({ ...money, currency });
  const digits = exact.resolvedOptions().maximumFractionDigits ?? 2;
  const compact = numbers({ notation: "compact", maximumFractionDigits: 1 });

  const dates = (iso: string, options: Intl.DateTimeFormatOptions) => {
    const { at, calendar } = instant(iso);
    if (Number.isNaN(at.getTime())) return iso;
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: calendar ? "UTC" : zone }).format(at);
  };

  return {
    language,
    number: (value) => whole.format(value),
    change: (value) => signed.format(value),
    percent: (value) => share.format(value),
    percentChange: (value) => signedShare.format(value),
    money: (value) => inCurrency(value),
    moneyRounded: (value) => inCurrency(value, { maximumFractionDigits: 0 }),
    moneyOfMinor: (minor) => exact.format(minor / 10 ** digits),
    moneyCompact: (amount) => compactMoney.format(amount),
    currencySign: exact.formatToParts(0).find((part) => part.type === "currency")?.value ?? currency,
    compact: (value) => compact.format(value),
    date: (iso) => dates(iso, { day: "numeric", month: "short", year: "numeric" }),
    dateTime: (iso) =>
      dates(iso, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }),
    time: (iso) => dates(iso, { hour: "2-digit", minute: "2-digit" }),
    longDate: (iso) => dates(iso, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    countryName: (code) => nameOf(locale, "region", code),
    languageName: (code) => nameOf(locale, "language", code),
    month: (iso) => dates(iso, { month: "short", year: "2-digit" }),
  };
}

/** The calendar day of an instant in the shop's zone, as "2026-05-03". */
export function dayOf(iso: string, zone: string): string {
  if (dayOnly.test(iso)) return iso;
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date(iso));
}
