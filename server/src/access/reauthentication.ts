/** Acts that cannot be undone, or that change how an account is protected, need a recent authentication (ASVS 5.0 §7.5.1). */
import { Refusal } from "../platform/refusal.ts";
import type { Principal } from "./principal.ts";

/** @throws Refusal reauthentication_required, when the session's newest authentication is more than five minutes old */
export function assertRecentlyAuthenticated({ recentlyAuthenticated }: Principal): void {
  if (!recentlyAuthenticated) throw new Refusal("reauthentication_required");
}
