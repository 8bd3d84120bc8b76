const LONGEST = 300_000;
const PATIENCE = 3_600_000;

/** Milliseconds to wait after so many failures: doubled each time up to five minutes, half of it by chance. */
export function backoff(failures: number, chance: number): number {
  return Math.min(LONGEST, 1000 * 2 ** failures) * (0.5 + chance / 2);
}

/** Milliseconds that a `Retry-After` asks for (RFC 9110, section 10.2.3): seconds or a date; at most an hour. */
export function retryAfter(header: string | null, now: number): number {
  const asked = header === null ? NaN : /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return asked > 0 ? Math.min(asked, PATIENCE) : 0;
}

/** Whether the same request may succeed later. */
export function isPassing(status: number): boolean {
  return status === 429 || status === 408 || status >= 500;
}
