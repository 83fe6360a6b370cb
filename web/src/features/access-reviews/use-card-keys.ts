import { useEffect, useRef, useState } from "react";
import type { AccessReviewItem } from "../../api/types.ts";

const STEP: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
const TYPING = "input:not([type=checkbox]), textarea, select, [role=dialog], [role=listbox]";

interface CardKeys {
  current: string | null;
  setCurrent: (memberId: string) => void;
  onKeyDown: (event: React.KeyboardEvent<HTMLElement>) => void;
}

/**
 * J and K (or the arrows) move between the cards, and other keys act on the focused one, only while the focus is in the list
 * (WCAG 2.2, 2.1.4). When the focused card disappears, because it was decided on, the focus goes to the one in its place.
 */
export function useCardKeys(
  list: React.RefObject<HTMLElement | null>,
  items: readonly AccessReviewItem[],
  act: (key: string, item: AccessReviewItem) => boolean,
): CardKeys {
  const [chosen, setChosen] = useState<string | null>(null);
  const focusedIndex = useRef<number | null>(null);
  const known = items.some(({ memberId }) => memberId === chosen);
  const current = known ? chosen : (items[0]?.memberId ?? null);

  const focus = (index: number) => {
    const memberId = items[index]?.memberId;
    if (memberId === undefined) return;
    setChosen(memberId);
    list.current?.querySelector<HTMLElement>(`[data-item="${memberId}"]`)?.focus();
  };

  useEffect(() => {
    // When the focused element is removed, browsers move the focus to the body.
    if (focusedIndex.current === null || document.activeElement !== document.body) return;
    focus(Math.min(focusedIndex.current, items.length - 1));
  });

  return {
    current,
    setCurrent(memberId) {
      setChosen(memberId);
      focusedIndex.current = items.findIndex((item) => item.memberId === memberId);
    },
    onKeyDown(event) {
      if (event.ctrlKey || event.altKey || event.metaKey || (event.target as HTMLElement).closest(TYPING)) return;
      const index = items.findIndex(({ memberId }) => memberId === current);
      const item = items[index];
      const step = STEP[event.key];
      if (step !== undefined) {
        event.preventDefault();
        focus(Math.min(items.length - 1, Math.max(0, index + step)));
      } else if (item && act(event.key, item)) event.preventDefault();
    },
  };
}
