import { useEffect } from "react";

const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable='false']), [role=textbox]";

/** Ctrl/Cmd+K wherever one is, also in a field; `?` unless it is being typed, whatever key it is on. */
export function useHotkeys({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.defaultPrevented || event.repeat || event.isComposing) return;
      const mod = event.ctrlKey || event.metaKey;
      if (mod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        // Browsers have their own use for it.
        event.preventDefault();
        onPalette();
      } else if (event.key === "?" && !mod && !event.altKey && !document.activeElement?.closest(TYPING)) {
        event.preventDefault();
        onHelp();
      }
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onPalette, onHelp]);
}
