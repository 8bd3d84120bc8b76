import { useEffect, useRef, useState } from "react";
import { VisuallyHidden } from "@/kit/kit";

/** Says a changing text to screen readers, politely and at most once a second. */
export function Announce({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + 1000 - Date.now());
    const timer = window.setTimeout(() => {
      last.current = Date.now();
      setSaid(text);
    }, wait);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {said}
    </VisuallyHidden>
  );
}
