import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { useLocalStorage } from "@mantine/hooks";
import { useTenant } from "../tenants/tenant-context.ts";

/**
 * How this person's talk key works here: as they chose on this computer, else as the workspace does. Who may not latch holds.
 * @returns the mode, how to choose another, and whether there is a choice.
 */
export function useTalkKeyMode(): [mode: TalkKeyMode, choose: (mode: TalkKeyMode) => void, mayLatch: boolean] {
  const { self, display } = useTenant();
  const [chosen, choose] = useLocalStorage<TalkKeyMode | null>({
    key: `whoot.talk-key.${self.memberId}`,
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  const mayLatch = self.permissions.includes("voice.latch");
  return [mayLatch ? (chosen ?? display.talkKeyMode) : "hold", choose, mayLatch];
}
