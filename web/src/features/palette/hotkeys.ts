import { useEffect } from "react";

const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable='false']), [role=textbox]";

/** Handles Ctrl/Cmd+K everywhere, also in fields, and `?` except in fields, on whatever key the layout has it. */
export function useHotkeys({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.defaultPrevented || event.repeat || event.isComposing) return;
      const mod = event.ctrlKey || event.metaKey;
      if (mod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        // Browsers use Ctrl+K themselves.
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
