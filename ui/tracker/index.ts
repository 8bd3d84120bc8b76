/** The script that a shop's pages load: it takes over from the snippet, with the calls that were made before it came. */
import { tracker } from "./tracker";

interface Snippet {
  (name: string, ...given: unknown[]): void;
  q?: ArrayLike<unknown>[];
}

const place = window as unknown as { relance?: Snippet };

/** Whatever goes wrong here, the shop's page goes on. */
function safely(act: () => void): void {
  try {
    act();
  } catch (error) {
    console.warn("relance", error);
  }
}

function takeOver(origin: string): void {
  const calls = tracker(origin, safely);
  const call = (name: string, ...given: unknown[]) => safely(() => calls[name]?.(...(given as never[])));
  const methods = Object.keys(calls).map((name) => [name, (...given: unknown[]) => call(name, ...given)]);
  const made = Array.from(place.relance?.q || []);
  place.relance = Object.assign(call, Object.fromEntries(methods)) as Snippet;
  for (const one of made) call(...(Array.from(one) as [string, ...unknown[]]));
}

if (!place.relance || place.relance.q) {
  const script = document.currentScript as HTMLScriptElement | null;
  const begin = () => takeOver(new URL(script?.src || location.href).origin);
  // a page that the browser only prepares has no visitor yet
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener("prerenderingchange", begin);
  else begin();
}
