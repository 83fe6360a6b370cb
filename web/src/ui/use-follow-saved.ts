import type { UseFormReturnType } from "@mantine/form";
import { useEffect, useEffectEvent } from "react";

/** Fields that the person hasn't changed take what was saved elsewhere meanwhile. Without it, the next save would undo that. */
export function useFollowSaved<Values extends Record<string, unknown>>(
  form: Pick<UseFormReturnType<Values>, "getValues" | "isDirty" | "setInitialValues" | "setValues">,
  saved: Values,
): void {
  const follow = useEffectEvent(() => {
    const edited = Object.entries(form.getValues()).filter(([field]) => form.isDirty(field));
    form.setInitialValues(saved);
    form.setValues({ ...saved, ...Object.fromEntries(edited) });
  });
  const state = JSON.stringify(saved);
  useEffect(() => follow(), [state]);
}
