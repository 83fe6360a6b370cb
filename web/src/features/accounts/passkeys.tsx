import { Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { MAX_PASSKEYS } from "#contract/http/passkeys.ts";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { FactorChanged } from "./factor-changed.tsx";
import { createPasskey } from "./passkey-browser.ts";
import { PasskeyButton } from "./passkey-button.tsx";
import { PasskeyItem } from "./passkey-item.tsx";
import classes from "./two-step.module.css";
import { factorsQuery } from "./queries.ts";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { NoPasskeysHere, usePasskeysHere } from "./use-passkeys-here.tsx";
import { useReauthentication } from "./use-reauthentication.tsx";

/** The account's passkeys: add, rename and remove them. */
export function Passkeys({ email, onEnrolled }: { email: string; onEnrolled?: () => void }) {
  const queries = useQueryClient();
  const factors = useQuery(factorsQuery());
  const here = usePasskeysHere();
  const { confirmed, dialog } = useReauthentication();
  /** Recovery codes that came with the first passkey, until the person has kept them. */
  const [codes, setCodes] = useState<string[] | null>(null);
  /** What was just changed, in words. */
  const [done, setDone] = useState<{ said: string; isFactor: boolean } | null>(null);

  async function changed(said: string, isFactor = true) {
    setDone({ said, isFactor });
    await queries.invalidateQueries({ queryKey: factorsQuery().queryKey });
  }
  const add = useMutation({
    mutationFn: async () => createPasskey(await confirmed(() => call(api.POST("/api/v1/me/passkeys/challenge")))),
    onSuccess: async ({ passkey, recoveryCodes }) => {
      setCodes(recoveryCodes);
      await changed(`${passkey.name} was added.`);
      if (recoveryCodes === null) onEnrolled?.();
    },
  });
  const passkeys = factors.data?.passkeys ?? [];
  const isLast = passkeys.length === 1 && factors.data?.totp === null;

  return (
    <section className={classes.section} aria-labelledby="account-passkeys">
      <h2 id="account-passkeys">Passkeys</h2>
      <FailureNote>{add.isError && words(add.error)}</FailureNote>
      {factors.isError && <LoadFailure error={factors.error} retry={() => void factors.refetch()} />}
      {codes !== null ? (
        <RecoveryCodes
          email={email}
          codes={codes}
          onDone={() => {
            setCodes(null);
            onEnrolled?.();
          }}
        />
      ) : (
        <>
          <FactorChanged key={done?.said} said={done?.said ?? null} offersSignOut={done?.isFactor ?? false} />
          {factors.isPending && <Skeleton height={72} radius="md" mb={16} />}
          {factors.data && passkeys.length === 0 && (
            <p className={classes.text}>
              Sign in with your fingerprint, face, screen lock or security key. Nobody can guess a passkey or trick you out of it.
              With one, your password alone no longer signs anybody in.
            </p>
          )}
          {passkeys.length > 0 && (
            <ul className={classes.passkeys} aria-label="Your passkeys">
              {passkeys.map((passkey) => (
                <PasskeyItem key={passkey.passkeyId} {...{ passkey, isLast, confirmed }} onChanged={changed} />
              ))}
            </ul>
          )}
          {here?.work === false && <NoPasskeysHere here={here} />}
          {factors.data && here?.work === true && passkeys.length < MAX_PASSKEYS && (
            <PasskeyButton
              variant={passkeys.length === 0 ? "filled" : "default"}
              loading={add.isPending}
              onClick={() => {
                setDone(null);
                add.mutate();
              }}
            >
              Add a passkey
            </PasskeyButton>
          )}
          {passkeys.length >= MAX_PASSKEYS && (
            <p>You have {MAX_PASSKEYS} passkeys, which is the most. Remove one to add another.</p>
          )}
        </>
      )}
      {dialog}
    </section>
  );
}
