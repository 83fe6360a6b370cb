import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { useLocalStorage } from "@mantine/hooks";
import { useTenant } from "../tenants/tenant-context.ts";

/**
 * How this person's talk key works in this workspace: as they chose on this computer, else as the workspace sets it. Always "hold"
 * for people who may not latch.
 * @returns the mode, a function that chooses another, and whether there is a choice
 */
export function useTalkKeyMode(): [mode: TalkKeyMode, choose: (mode: TalkKeyMode) => void, mayLatch: boolean] {
  const { self, can, display } = useTenant();
  const [chosen, choose] = useLocalStorage<TalkKeyMode | null>({
    key: `whoot.talk-key.${self.memberId}`,
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  return [can.latch ? (chosen ?? display.talkKeyMode) : "hold", choose, can.latch];
}
