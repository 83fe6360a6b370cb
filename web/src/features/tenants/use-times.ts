import { use } from "react";
import { type Times, timesOf } from "../../ui/time.ts";
import { TenantContext } from "./tenant-context.ts";

/** Formatters in the open workspace's time zone and clock format; outside any workspace, in the browser's. */
export function useTimes(): Times {
  return timesOf(use(TenantContext)?.display ?? null);
}
