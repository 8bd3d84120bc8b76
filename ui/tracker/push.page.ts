/** What the script for shops' pages loads at the first `relance.push(…)`. */
import { push, type Asked, type Known } from "./push";

(window as unknown as { relancePush: unknown }).relancePush = (known: Known, asked: Asked) =>
  push(known, asked).then(
    (state) => asked.done?.(state),
    (error: unknown) => {
      console.warn("relance", error);
      asked.done?.("failed");
    },
  );
