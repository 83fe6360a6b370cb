import { useLocalStorage } from "@mantine/hooks";

/** Whether short sounds mark changes of state, a setting of this computer. */
export function useTickSetting() {
  return useLocalStorage({ key: "whoot.ticks", defaultValue: true, getInitialValueInEffect: false });
}
