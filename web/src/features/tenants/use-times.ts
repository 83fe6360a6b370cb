import { use } from "react";
import { type Times, timesOf } from "../../ui/time.ts";
import { TenantContext } from "./tenant-context.ts";

/** How times are told here: as the workspace that is open does, outside of any as the browser does. */
export function useTimes(): Times {
  return timesOf(use(TenantContext)?.display ?? null);
}
