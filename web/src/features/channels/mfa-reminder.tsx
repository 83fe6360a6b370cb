import { Anchor, CloseButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconShieldLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { factorsQuery } from "../accounts/queries.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./mfa-reminder.module.css";

/**
 * Reminds people without two-step verification, where it is optional, until they hide the reminder. The factors of a person who came only
 * through single sign-on can't be read, so they see nothing.
 */
export function MfaReminder() {
  const { mfaPolicy, self } = useTenant();
  const [isHidden, setHidden] = useLocalStorage({ key: `whoot.mfa-reminder.${self.memberId}`, defaultValue: false });
  const factors = useQuery({ ...factorsQuery(), enabled: mfaPolicy === "optional" && !isHidden });
  if (mfaPolicy !== "optional" || isHidden || !factors.data) return null;
  if (factors.data.totp !== null || factors.data.passkeys.length > 0) return null;
  return (
    <aside className={classes.reminder} aria-label="Two-step verification">
      <IconShieldLock size={20} aria-hidden />
      <p>
        Your password alone opens your account.{" "}
        <Anchor component={Link} to={paths.account()}>
          Set up two-step verification
        </Anchor>
      </p>
      <CloseButton aria-label="Hide this reminder" onClick={() => setHidden(true)} />
    </aside>
  );
}
