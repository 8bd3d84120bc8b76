/** What mailbox providers call themselves; a domain that nobody else serves has its own name. */
const names: Record<string, string> = {
  google: "Gmail",
  yahoo: "Yahoo",
  outlook: "Outlook",
  icloud: "iCloud",
  orange: "Orange",
  free: "Free",
  sfr: "SFR",
  laposte: "La Poste",
  gmx: "GMX",
};

/** The name of a mailbox provider as people know it. */
export function mailboxName(mailbox: string): string {
  return names[mailbox] ?? mailbox;
}
