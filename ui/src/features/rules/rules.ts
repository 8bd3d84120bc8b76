/** The gate's rules as the server keeps them. */
export interface Cap {
  count: number;
  days: number;
}

export interface Phase {
  caps: Cap[];
  spacing_hours: number[];
  decays: boolean;
  stops_after_days: number | null;
}

export interface Hours {
  channel: string;
  country: string;
  opens: string;
  closes: string;
  days: number[];
  on_holidays: boolean;
}

export interface Pressure {
  phases: Record<string, Phase>;
  everybody: Cap[];
  channels: Record<string, Cap[]>;
  decay_after: number;
}

export interface Holdout {
  percent: number;
  sources: Record<string, number>;
  round: number;
}

export interface Rules {
  pressure: Pressure;
  quiet_hours: Hours[];
  holdout: Holdout;
}

export const CHANNELS = ["email", "sms", "push"];

/** Hours between messages as they are typed: "24, 48, 168"; what is no number is left out. */
export function readHours(text: string): number[] {
  return text
    .split(/[,;\s]+/)
    .map(Number)
    .filter((hours) => hours > 0);
}

/** The same list with one entry changed. */
export function withEntry<Entry>(entries: Entry[], place: number, entry: Entry): Entry[] {
  return entries.map((one, at) => (at === place ? entry : one));
}

/** The share of each source that is kept back; a share of nothing is no entry. */
export function withShare(sources: Record<string, number>, source: string, percent: number): Record<string, number> {
  const rest = Object.entries(sources).filter(([name]) => name !== source);
  return Object.fromEntries(percent > 0 ? [...rest, [source, percent]] : rest);
}
