import { useState } from "react";
import type { RailGroup } from "./rail-groups.ts";

/**
 * Keeps rows in place while the pointer or the focus is in the list, so that no row slides away under it. A channel that is joined
 * moves to its group when both have left. New channels are added at the end.
 * @param reason the search text: rows move at once when it changes
 */
export function useSettled(groups: RailGroup[], reason: string) {
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const [kept, setKept] = useState({ groups, reason });
  const isBusy = (hovered || focused) && kept.reason === reason && kept.groups.length > 0;
  const settled = isBusy ? withNew(kept.groups, groups) : groups;
  // Stored while nobody is in the list, to be kept when somebody enters it.
  if (!isBusy && signature(kept.groups) !== signature(groups)) setKept({ groups, reason });
  else if (kept.reason !== reason) setKept({ groups, reason });
  return {
    settled,
    busy: {
      onPointerEnter: () => setHovered(true),
      onPointerLeave({ currentTarget }: React.PointerEvent) {
        setHovered(false);
        setFocused(isFocusSeen(currentTarget));
      },
      onFocusCapture: ({ currentTarget }: React.FocusEvent) => setFocused(isFocusSeen(currentTarget)),
      onBlurCapture({ currentTarget, relatedTarget }: React.FocusEvent) {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setFocused(false);
      },
    },
  };
}

/** Whether the focus is visible. Focus that a click leaves behind must not keep rows in place. */
function isFocusSeen(list: Element): boolean {
  return list.querySelector(":focus-visible") !== null;
}

const signature = (groups: RailGroup[]) =>
  groups.map(({ title, channels }) => title + channels.map((c) => c.channelId).join()).join(";");

function withNew(kept: RailGroup[], now: RailGroup[]): RailGroup[] {
  const known = new Set(kept.flatMap(({ channels }) => channels.map(({ channelId }) => channelId)));
  const added = now.flatMap(({ channels }) => channels.filter(({ channelId }) => !known.has(channelId)));
  const last = kept.at(-1);
  return last && added.length > 0 ? [...kept.slice(0, -1), { ...last, channels: [...last.channels, ...added] }] : kept;
}
