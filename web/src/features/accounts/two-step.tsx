import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { Factors } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { timesOf } from "../../ui/time.ts";
import classes from "./two-step.module.css";
import { factorsQuery, mySessionsQuery } from "./queries.ts";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { type NewSecret, TotpSetup } from "./totp-setup.tsx";
import { useReauthentication } from "./use-reauthentication.tsx";

type Step =
  | { name: "overview" }
  | { name: "setup"; started: NewSecret }
  | { name: "codes"; codes: string[]; said: string }
  | { name: "off" };

/** The account's second factors: set up, recovery codes, another app, and off. */
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
    onSuccess: () => changed("Two-step verification is off.", null),
  });
  const failed = [start, renew, remove].find(({ isError }) => isError);

  return (
    <section className={classes.section} aria-labelledby="account-two-step">
      <h2 id="account-two-step">Two-step verification</h2>
      <FailureNote>{failed && words(failed.error)}</FailureNote>
      {factors.isError && <LoadFailure error={factors.error} retry={() => void factors.refetch()} />}
      {step.name === "setup" && (
        <TotpSetup
          started={step.started}
          onConfirmed={(codes) => void changed("Two-step verification is on.", codes)}
          onCancel={() => setStep({ name: "overview" })}
        />
      )}
      {step.name === "codes" && <RecoveryCodes email={email} codes={step.codes} onDone={() => finish(step.said)} />}
      {step.name === "off" && (
        <div className={classes.form} role="group" aria-label="Turn two-step verification off">
          <p>
            Your authenticator app and recovery codes stop working, and the password alone signs you in. Workspaces that require
            two-step verification are closed to you until you set it up again.
          </p>
          <div className={classes.actions}>
            <Button color="brick" loading={remove.isPending} onClick={() => remove.mutate()}>
              Turn off
            </Button>
            <Button variant="default" autoFocus onClick={() => setStep({ name: "overview" })}>
              Keep it on
            </Button>
          </div>
        </div>
      )}
      {step.name === "overview" && factors.data && (
        <>
          <Done said={done} />
          {factors.data.totp ? (
            <Enrolled
              factors={factors.data}
              busy={{ start: start.isPending, renew: renew.isPending }}
              onReplace={() => start.mutate()}
              onRenew={() => renew.mutate()}
              onRemove={() => setStep({ name: "off" })}
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
  onReplace: () => void;
  onRenew: () => void;
  onRemove: () => void;
}

function Enrolled({ factors: { totp, recoveryCodes }, busy, onReplace, onRenew, onRemove }: EnrolledProps) {
  const { dateWords } = timesOf(null);
  const left = recoveryCodes?.left ?? 0;
  return (
    <>
      <p className={classes.text}>
        On since {totp && dateWords(totp.enrolledAt)}: signing in needs a code of your authenticator app.{" "}
        {left === 0
          ? "You have no recovery codes left. Make new ones."
          : `You have ${counted(left, "recovery code", "recovery codes")} left.`}
      </p>
      <div className={classes.actions}>
        <Button variant="default" loading={busy.renew} onClick={onRenew}>
          New recovery codes
        </Button>
        <Button variant="default" loading={busy.start} onClick={onReplace}>
          Use another app
        </Button>
        <Button variant="outline" color="brick" onClick={onRemove}>
          Turn off…
        </Button>
      </div>
    </>
  );
}

/** Says what was just done, and offers to end other sessions: somebody else may be signed in (ASVS 5.0 §7.4.3). */
function Done({ said }: { said: string | null }) {
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const others = useMutation({
    mutationFn: () => confirmed(() => call(api.DELETE("/api/v1/me/other-sessions"))),
    onSettled: () => queries.invalidateQueries({ queryKey: mySessionsQuery().queryKey }),
  });
  return (
    <div className={classes.done}>
      <p role="status">{said && (others.isSuccess ? "You're signed out everywhere else." : said)}</p>
      <FailureNote>{others.isError && words(others.error)}</FailureNote>
      {said && !others.isSuccess && (
        <Button variant="default" size="xs" loading={others.isPending} onClick={() => others.mutate()}>
          Sign out everywhere else
        </Button>
      )}
      {dialog}
    </div>
  );
}
