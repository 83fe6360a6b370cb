import { SSO_REFUSALS, type SsoRefusalReason } from "#contract/sso.ts";
import { useLocation } from "react-router";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { Refused } from "./finishing.tsx";

/** What the person can mend alone, by starting again. */
const OWN: readonly SsoRefusalReason[] = ["unsolicited", "replayed", "too_late", "other_browser"];

const isReason = (reason: string): reason is SsoRefusalReason => Object.hasOwn(SSO_REFUSALS, reason);

/** After a response of an identity provider that answers no sign-in that whoot knows, so that nobody's page waits for it. */
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
