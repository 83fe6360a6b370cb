import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { Factors } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { timesOf } from "../../ui/time.ts";
import { FactorChanged } from "./factor-changed.tsx";
import classes from "./two-step.module.css";
import { factorsQuery } from "./queries.ts";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { type NewSecret, TotpSetup } from "./totp-setup.tsx";
import { useReauthentication } from "./use-reauthentication.tsx";

type Step =
  | { name: "overview" }
  | { name: "setup"; started: NewSecret }
  | { name: "codes"; codes: string[]; said: string }
  | { name: "renew" }
  | { name: "off" };

/** The account's authenticator app and recovery codes: set up, renewed, and removed. */
export function TwoStep({ email, onEnrolled }: { email: string; onEnrolled?: () => void }) {
  const queries = useQueryClient();
  const factors = useQuery(factorsQuery());
  const { confirmed, dialog } = useReauthentication();
  const [step, setStep] = useState<Step>({ name: "overview" });
  /** What was just changed, in words. Offers to sign out elsewhere. */
  const [done, setDone] = useState<string | null>(null);

  async function changed(said: string, codes: string[] | null) {
    await queries.invalidateQueries({ queryKey: factorsQuery().queryKey });
    if (codes !== null) return setStep({ name: "codes", codes, said });
    finish(said);
  }
  function finish(said: string) {
    setStep({ name: "overview" });
    setDone(said);
    onEnrolled?.();
  }
  const start = useMutation({
    mutationFn: () => confirmed(() => call(api.POST("/api/v1/me/totp-enrolment"))),
    onSuccess: (started) => setStep({ name: "setup", started }),
  });
  const renew = useMutation({
    mutationFn: () => confirmed(() => call(api.POST("/api/v1/me/recovery-codes"))),
    onSuccess: ({ recoveryCodes }) => changed("The earlier recovery codes no longer work.", recoveryCodes),
  });
  const remove = useMutation({
    mutationFn: () => confirmed(() => call(api.DELETE("/api/v1/me/totp"))),
    onSuccess: () => changed(hasPasskeys ? "The authenticator app was removed." : "Two-step verification is off.", null),
  });
  const hasPasskeys = (factors.data?.passkeys.length ?? 0) > 0;
  const ask = (question: Step) => {
    for (const mutation of [start, renew, remove]) mutation.reset();
    setStep(question);
  };
  const failed = [start, renew, remove].find(({ isError }) => isError);

  return (
    <section className={classes.section} aria-labelledby="account-two-step">
      <h2 id="account-two-step">Two-step verification</h2>
      <FailureNote>{failed && words(failed.error)}</FailureNote>
      {factors.isError && <LoadFailure error={factors.error} retry={() => void factors.refetch()} />}
      {factors.isPending && <Skeleton height={96} radius="md" />}
      {step.name === "setup" && (
        <TotpSetup
          started={step.started}
          onConfirmed={(codes) => void changed("Two-step verification is on.", codes)}
          onCancel={() => setStep({ name: "overview" })}
        />
      )}
      {step.name === "codes" && <RecoveryCodes email={email} codes={step.codes} onDone={() => finish(step.said)} />}
      {step.name === "renew" && (
        <div className={classes.form} role="group" aria-label="Make new recovery codes">
          <p>Your earlier recovery codes stop working at once, also those that you printed or saved.</p>
          <div className={classes.actions}>
            <Button loading={renew.isPending} onClick={() => renew.mutate()}>
              Make new codes
            </Button>
            <Button variant="default" autoFocus onClick={() => setStep({ name: "overview" })}>
              Keep the earlier codes
            </Button>
          </div>
        </div>
      )}
      {step.name === "off" && (
        <div className={classes.form} role="group" aria-label="Turn two-step verification off">
          <p>
            {hasPasskeys
              ? "Codes of your authenticator app stop working. Your passkeys and recovery codes stay."
              : "Your authenticator app and recovery codes stop working, and the password alone signs you in. You can't enter workspaces that require two-step verification until you set it up again. If your password has fewer than 15 characters, you choose a longer one the next time you sign in."}
          </p>
          <div className={classes.actions}>
            <Button color="brick" loading={remove.isPending} onClick={() => remove.mutate()}>
              {hasPasskeys ? "Remove the app" : "Turn off"}
            </Button>
            <Button variant="default" autoFocus onClick={() => setStep({ name: "overview" })}>
              {hasPasskeys ? "Keep it" : "Keep it on"}
            </Button>
          </div>
        </div>
      )}
      {step.name === "overview" && factors.data && (
        <>
          <FactorChanged key={done} said={done} />
          {factors.data.totp || hasPasskeys ? (
            <Enrolled
              factors={factors.data}
              busy={{ start: start.isPending, renew: renew.isPending }}
              onSetUp={() => start.mutate()}
              onRenew={() => (factors.data.recoveryCodes?.left ? ask({ name: "renew" }) : renew.mutate())}
              onRemove={() => ask({ name: "off" })}
            />
          ) : (
            <>
              <p className={classes.text}>
                With an authenticator app, somebody who learns your password still can&apos;t sign in as you.
              </p>
              <Button loading={start.isPending} onClick={() => start.mutate()}>
                Set up two-step verification
              </Button>
            </>
          )}
        </>
      )}
      {dialog}
    </section>
  );
}

interface EnrolledProps {
  factors: Factors;
  busy: { start: boolean; renew: boolean };
  onSetUp: () => void;
  onRenew: () => void;
  onRemove: () => void;
}

function Enrolled({ factors: { totp, passkeys, recoveryCodes }, busy, onSetUp, onRenew, onRemove }: EnrolledProps) {
  const { dateWords } = timesOf(null);
  const left = recoveryCodes?.left ?? 0;
  const hasPasskeys = passkeys.length > 0;
  return (
    <>
      <p className={classes.text}>
        {totp && !hasPasskeys && <>On since {dateWords(totp.enrolledAt)}: signing in needs a code of your authenticator app.</>}
        {totp && hasPasskeys && <>On: signing in with the password needs a passkey, or a code of your authenticator app, too.</>}
        {!totp && (
          <>On: signing in with the password needs a passkey, too. An authenticator app helps where you have no passkey.</>
        )}{" "}
        {left === 0
          ? "You have no recovery codes left. Make new ones."
          : `You have ${counted(left, "recovery code", "recovery codes")} left.`}
      </p>
      <div className={classes.actions}>
        <Button variant="default" loading={busy.renew} onClick={onRenew}>
          {left === 0 ? "New recovery codes" : "New recovery codes…"}
        </Button>
        <Button variant="default" loading={busy.start} onClick={onSetUp}>
          {totp ? "Use another app" : "Set up an authenticator app"}
        </Button>
        {totp && (
          <Button variant="outline" color="brick" onClick={onRemove}>
            {hasPasskeys ? "Remove the app…" : "Turn off…"}
          </Button>
        )}
      </div>
    </>
  );
}
