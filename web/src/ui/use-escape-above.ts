import { useEffect, useEffectEvent } from "react";

/** The close functions of the open dialogs, the topmost last. */
const above: Array<() => void> = [];

/**
 * Starts listening, until the page is closed. Mantine's dialogs listen in the order in which they were mounted, so the one beneath would hear
 * the key first, and close as well: call it before any is mounted.
 */
export function watchEscape(): void {
  window.addEventListener(
    "keydown",
    (event) => {
      const close = above.at(-1);
      if (event.key !== "Escape" || event.isComposing || close === undefined) return;
      event.stopImmediatePropagation();
      close();
    },
    { capture: true },
  );
}

/** Escape closes this dialog and not the one beneath. The dialog itself must have `closeOnEscape={false}`. */
export function useEscapeAbove(opened: boolean, onClose: () => void): void {
  const close = useEffectEvent(onClose);
  useEffect(() => {
    if (!opened) return;
    const entry = () => close();
    above.push(entry);
    return () => void above.splice(above.indexOf(entry), 1);
  }, [opened]);
}
