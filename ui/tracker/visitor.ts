import { madeAt, newId } from "./ids";
import { forget, recall, remember } from "./memory";

const NAME = "relance_id";
/** 13 months, from the first visit on and not from the last one: what the CNIL allows a cookie of measurement. */
const LIFE = 395 * 86_400_000;

/** Who a browser that keeps nothing is, as long as its page stays. */
let here: string | undefined;

/** The anonymous id that this browser has, unless it is too old. */
export function knownVisitor(now: number): string | undefined {
  return [cookie(), recall(NAME), here].find((id) => now - madeAt(id) < LIFE) || undefined;
}

/** The anonymous id of this browser; it is made and kept when there is none. */
export function visitor(now: number, domain?: string): string {
  here = knownVisitor(now) || newId(now);
  if (cookie() !== here) writeCookie(here, Math.floor((madeAt(here) + LIFE - now) / 1000), domain);
  if (recall(NAME) !== here) remember(NAME, here);
  return here;
}

/** Leave nothing in this browser by which it could be known again. */
export function forgetVisitor(domain?: string): void {
  here = undefined;
  if (cookie() !== undefined) writeCookie("", 0, domain);
  forget(NAME);
}

function cookie(): string | undefined {
  return new RegExp(`(?:^|; )${NAME}=([^;]*)`).exec(document.cookie)?.[1];
}

function writeCookie(id: string, seconds: number, domain?: string): void {
  const place = domain ? `; Domain=${domain}` : "";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${NAME}=${id}; Path=/; Max-Age=${seconds}; SameSite=Lax${place}${secure}`;
}
