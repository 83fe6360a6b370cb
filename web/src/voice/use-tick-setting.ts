import { useLocalStorage } from "@mantine/hooks";

/** Whether changes of state are marked by short sounds, on this computer. */
export function useTickSetting() {
  return useLocalStorage({ key: "whoot.ticks", defaultValue: true, getInitialValueInEffect: false });
}
