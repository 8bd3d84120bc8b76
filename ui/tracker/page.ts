const CAMPAIGN = {
  source: "utm_source",
  name: "utm_campaign",
  medium: "utm_medium",
  term: "utm_term",
  content: "utm_content",
};

type Facts = Record<string, unknown>;

/** An address without its fragment and without the parameters that nobody asked to keep: they may name a person. */
export function trimmed(address: string, kept: string[]): string {
  const url = new URL(address);
  const all = url.searchParams;
  const left = new URLSearchParams(kept.flatMap((name) => all.getAll(name).map((value) => [name, value])));
  return url.origin + url.pathname + (left.size ? `?${left}` : "");
}

/** What a page is, in the words of Segment's page call. The shop's own pages are no referrer. */
export function pageFacts(address: string, referrer: string, title: string, kept: string[]): Facts {
  const url = new URL(address);
  const facts: Facts = { url: trimmed(address, kept), path: url.pathname, title };
  if (/^https?:/.test(referrer) && new URL(referrer).host !== url.host) facts["referrer"] = trimmed(referrer, []);
  return facts;
}

/** What the UTM parameters of an address say; undefined without any. */
export function campaignOf(address: string): Facts | undefined {
  const said = new URL(address).searchParams;
  const facts = Object.entries(CAMPAIGN).flatMap(([name, parameter]) => {
    const value = said.get(parameter);
    return value ? [[name, value]] : [];
  });
  return facts.length ? Object.fromEntries(facts) : undefined;
}

/** What the visitor searched for, by the address; undefined on another page. */
export function searchOf(address: string, parameters: string[]): string | undefined {
  const said = new URL(address).searchParams;
  return parameters.map((name) => said.get(name)?.trim()).find(Boolean) || undefined;
}
