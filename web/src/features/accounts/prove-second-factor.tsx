import { useQuery } from "@tanstack/react-query";
import { LoadFailure } from "../../ui/failure.tsx";
import { UnsavedFormsGuard } from "../../ui/unsaved-guard.tsx";
import { Passkeys } from "./passkeys.tsx";
import { factorsQuery } from "./queries.ts";
import { ReauthenticationForm } from "./reauthentication-form.tsx";
import { TwoStep } from "./two-step.tsx";

interface ProveProps {
  email: string;
  onProved: () => void;
}

/** For a session that lacks a second factor: sets one up, or asks for one that the account has. */
export function ProveSecondFactor({ email, onProved }: ProveProps) {
  const factors = useQuery({ ...factorsQuery(), staleTime: 0 });
  if (factors.isError) return <LoadFailure error={factors.error} retry={() => void factors.refetch()} />;
  if (!factors.data) return null;
  const { totp, passkeys, provedSecondFactor, passwordSuffices } = factors.data;
  if ((totp || passkeys.length > 0) && !provedSecondFactor) {
    const lead = passwordSuffices
      ? "Your passkey doesn't check who uses it, so this workspace asks for the password, too."
      : "You signed in before you set it up. Confirm that it's you to go on.";
    return <ReauthenticationForm lead={lead} submit="Go on" onDone={onProved} />;
  }
  return (
    <>
      <UnsavedFormsGuard />
      <p>To enter, add a passkey or set up an authenticator app.</p>
      <Passkeys email={email} onEnrolled={onProved} />
      <TwoStep email={email} onEnrolled={onProved} />
    </>
  );
}
