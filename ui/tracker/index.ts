/** The script that a shop's pages load: it takes over from the snippet, with the calls that were made before it came. */
import { tracker } from "./tracker";

interface Snippet {
  (name: string, ...given: unknown[]): void;
  q?: ArrayLike<unknown>[];
}

const place = window as unknown as { relance?: Snippet };
const before = place.relance;

/** Whatever goes wrong here, the shop's page goes on. */
function safely(act: () => void): void {
  try {
    act();
  } catch (error) {
    console.warn("relance", error);
  }
}

if (!before || before.q) {
  const script = document.currentScript as HTMLScriptElement | null;
  const calls = tracker(new URL(script?.src || location.href).origin, safely);
  const call = (name: string, ...given: unknown[]) => safely(() => calls[name]?.(...(given as never[])));
  const methods = Object.keys(calls).map((name) => [name, (...given: unknown[]) => call(name, ...given)]);
  place.relance = Object.assign(call, Object.fromEntries(methods)) as Snippet;
  for (const made of Array.from(before?.q || [])) call(...(Array.from(made) as [string, ...unknown[]]));
}
