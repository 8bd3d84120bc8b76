import { madeAt, newId } from "./ids";
import { forget, recall, remember } from "./memory";

const NAME = "relance_id";
/** 13 months, from the first visit on and not from the last one: what the CNIL allows a cookie of measurement. */
const LIFE = 395 * 86_400_000;

/** The anonymous id that this browser has, unless it is too old. */
export function knownVisitor(now: number): string | undefined {
  const cookie = new RegExp(`(?:^|; )${NAME}=([^;]*)`).exec(document.cookie);
  return [cookie?.[1], recall(NAME)].find((id) => now - madeAt(id) < LIFE) || undefined;
}

/** The anonymous id of this browser; it is made and kept when there is none. */
export function visitor(now: number, domain?: string): string {
  const id = knownVisitor(now) || newId(now);
  writeCookie(id, Math.floor((madeAt(id) + LIFE - now) / 1000), domain);
  remember(NAME, id);
  return id;
}

/** Leave nothing in this browser by which it could be known again. */
export function forgetVisitor(domain?: string): void {
  if (document.cookie.includes(`${NAME}=`)) writeCookie("", 0, domain);
  forget(NAME);
}

function writeCookie(id: string, seconds: number, domain?: string): void {
  const place = domain ? `; Domain=${domain}` : "";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${NAME}=${id}; Path=/; Max-Age=${seconds}; SameSite=Lax${place}${secure}`;
}
