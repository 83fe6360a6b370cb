import { SSO_REFUSALS, type SsoRefusalReason } from "#contract/sso.ts";
import { useLocation } from "react-router";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { Refused } from "./finishing.tsx";

/** Refusals after which the person only needs to start again. */
const OWN: readonly SsoRefusalReason[] = ["unsolicited", "replayed", "too_late", "other_browser"];

const isReason = (reason: string): reason is SsoRefusalReason => Object.hasOwn(SSO_REFUSALS, reason);

/** Shown after a response that answers no known sign-in, for which no page waits. */
export function SsoFailedPage() {
  usePageTitle("Not signed in");
  const reason = useLocation().hash.slice(1);
  return <Refused title="You weren't signed in">{isReason(reason) ? sentence(reason) : UNKNOWN}</Refused>;
}

const UNKNOWN =
  "The identity provider's answer was refused. Start again. If it happens again, ask an admin of the workspace to test its single sign-on.";

function sentence(reason: SsoRefusalReason): string {
  if (OWN.includes(reason)) return SSO_REFUSALS[reason];
  return `The identity provider's answer was refused. Tell an admin of the workspace what is wrong: “${SSO_REFUSALS[reason]}”`;
}
