import { useLocalStorage } from "@mantine/hooks";
import { DEFAULT_TAIL_MS, TAIL_KEY } from "./tail.ts";

/** The minimum tail in milliseconds (tail.ts), a setting of this computer. */
export function useTailSetting() {
  return useLocalStorage({ key: TAIL_KEY, defaultValue: DEFAULT_TAIL_MS, getInitialValueInEffect: false });
}
