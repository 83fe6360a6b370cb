import { useEffect, useRef, useState } from "react";

const STEP: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const TYPING = "input:not([type=checkbox]), textarea, select";
const CONTROLS = "a[href], button, input, summary";

interface KeyboardRows {
  /** For the element around all rows. Each row needs `data-row` with its id. */
  list: {
    ref: (element: HTMLElement | null) => void;
    onFocus: (event: React.FocusEvent) => void;
    onKeyDown: (event: React.KeyboardEvent<HTMLElement>) => void;
  };
  /** For each control in the row. */
  tabIndexOf: (id: string) => 0 | -1;
  /** Loads more rows, and focuses the first of them when they are there. */
  goOn: (load: () => unknown) => void;
}

/**
 * Keyboard control of a list: Tab reaches the controls of one row and then leaves the list. The arrow keys go to the same control
 * in the row above or below, Home and End to the first or last row (ARIA Authoring Practices, roving tabindex).
 * @param ids ids of the rows, in order
 */
export function useKeyboardRows(ids: readonly string[]): KeyboardRows {
  const [chosen, setChosen] = useState<string | null>(null);
  const element = useRef<HTMLElement>(null);
  const from = useRef<number | null>(null);
  const current = chosen !== null && ids.includes(chosen) ? chosen : ids[0];

  useEffect(() => {
    const id = from.current === null ? undefined : ids[from.current];
    if (id === undefined) return;
    from.current = null;
    const row = element.current?.querySelector<HTMLElement>(`[data-row="${id}"]`);
    if (row) controlsOf(row).find(isEnabled)?.focus();
  });

  return {
    list: {
      ref(shown) {
        element.current = shown;
      },
      onFocus({ target }) {
        const id = target.closest<HTMLElement>("[data-row]")?.dataset["row"];
        if (id !== undefined) setChosen(id);
      },
      onKeyDown(event) {
        const step = STEP[event.key];
        const target = event.target as HTMLElement;
        const row = target.closest<HTMLElement>("[data-row]");
        // A menu that was opened from a row handles the arrow keys itself.
        if (step === undefined || row === null || !event.currentTarget.contains(row) || target.closest(TYPING)) return;
        if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
        const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
        const next = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(row) + step))];
        if (!next || next === row) return;
        event.preventDefault();
        const controls = controlsOf(next);
        const same = controls[Math.min(controlsOf(row).indexOf(target), controls.length - 1)];
        (same && isEnabled(same) ? same : controls.find(isEnabled))?.focus();
      },
    },
    tabIndexOf: (id) => (id === current ? 0 : -1),
    goOn(load) {
      from.current = ids.length;
      void load();
    },
  };
}

const isEnabled = (control: HTMLElement) => !control.matches(":disabled");

function controlsOf(row: HTMLElement): HTMLElement[] {
  return [...row.querySelectorAll<HTMLElement>(CONTROLS)];
}
