import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { MySession } from "../../api/types.ts";
import { browserWords } from "../../ui/browser-words.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { fromNow, timesOf } from "../../ui/time.ts";
import classes from "./account-page.module.css";
import { mySessionsQuery } from "./queries.ts";
import { useReauthentication } from "./use-reauthentication.tsx";
import { useSignOut } from "./use-sign-out.ts";

/** Lists the person's sessions. They can end one, all others, or all. */
export function OwnSessions() {
  const queries = useQueryClient();
  const sessions = useQuery({ ...mySessionsQuery(), staleTime: 0 });
  const signOutEverywhere = useSignOut({ everywhere: true });
  const { confirmed, dialog } = useReauthentication();
  const reload = () => queries.invalidateQueries({ queryKey: mySessionsQuery().queryKey });
  const end = useMutation({
    mutationFn: ({ sessionId }: MySession) =>
      call(api.DELETE("/api/v1/me/sessions/{sessionId}", { params: { path: { sessionId } } })),
    onSettled: reload,
  });
  const endOthers = useMutation({
    mutationFn: () => confirmed(() => call(api.DELETE("/api/v1/me/other-sessions"))),
    onSettled: reload,
  });
  const failed = [end, endOthers, signOutEverywhere].find(({ isError }) => isError);
  const items = sessions.data?.items ?? [];
  return (
    <section className={classes.section} aria-labelledby="account-sessions">
      <h2 id="account-sessions">Sessions</h2>
      <p className={classes.text}>Where you&apos;re signed in. Ending a session also ends its live audio.</p>
      <FailureNote>{failed && words(failed.error)}</FailureNote>
      {sessions.isError && !sessions.data && <LoadFailure error={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.isPending && <Skeleton height={96} radius="md" mb={16} />}
      <ul className={classes.list} aria-label="Sessions">
        {items.map((session) => (
          <SessionItem
            key={session.sessionId}
            session={session}
            busy={end.isPending && end.variables.sessionId === session.sessionId}
            onEnd={() => end.mutate(session)}
          />
        ))}
      </ul>
      <p role="status" className={classes.done}>
        {endOthers.isSuccess && "You're signed out everywhere else."}
        {end.isSuccess && !endOthers.isSuccess && "That session has ended."}
      </p>
      <div className={classes.actions}>
        {items.length > 1 && (
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </Button>
        )}
        <Button variant="default" loading={signOutEverywhere.isPending} onClick={() => signOutEverywhere.mutate()}>
          Sign out everywhere
        </Button>
      </div>
      {dialog}
    </section>
  );
}

interface SessionItemProps {
  session: MySession;
  busy: boolean;
  onEnd: () => void;
}

function SessionItem({ session: { current, signIn, lastUse }, busy, onEnd }: SessionItemProps) {
  const titleId = useId();
  const { fullTime, dateWords } = timesOf(null);
  const userAgent = lastUse.userAgent ?? signIn.userAgent;
  const program = userAgent === null ? "Unknown browser" : browserWords(userAgent);
  const address = lastUse.ipAddress ?? signIn.ipAddress;
  const moved = signIn.ipAddress !== null && signIn.ipAddress !== address;
  return (
    <li className={classes.item} aria-labelledby={titleId}>
      <div className={classes.itemText}>
        <h3 id={titleId} title={userAgent ?? undefined}>
          {program}
        </h3>
        <p>
          {current ? (
            <strong>This browser</strong>
          ) : (
            <>
              Last used <span title={fullTime(lastUse.at)}>{fromNow(lastUse.at)}</span>
            </>
          )}
          {address && <> · {address}</>}
        </p>
        <p>
          Signed in on <span title={fullTime(signIn.at)}>{dateWords(signIn.at)}</span>
          {moved && <> from {signIn.ipAddress}</>}
        </p>
      </div>
      {!current && (
        <Button
          variant="default"
          loading={busy}
          onClick={onEnd}
          aria-label={`Sign out ${program}, signed in on ${dateWords(signIn.at)}`}
        >
          Sign out
        </Button>
      )}
    </li>
  );
}
