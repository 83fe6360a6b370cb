import { Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { MemberSession } from "../../api/types.ts";
import { browserWords } from "../../ui/browser-words.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { fromNow } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { EndSession } from "./end-session.tsx";
import { memberSessionsQuery } from "./session-queries.ts";
import classes from "./security.module.css";

/** Who may enter the workspace now, with which browser, and how to end that. */
export function MemberSessions() {
  const [opened, { toggle }] = useDisclosure();
  return (
    <>
      <Button variant="default" className={classes.apart} aria-expanded={opened} onClick={toggle}>
        {opened ? "Hide members' sessions" : "Show members' sessions"}
      </Button>
      {opened && <SessionList />}
    </>
  );
}

function SessionList() {
  const { slug } = useTenant();
  const [ending, setEnding] = useState<MemberSession | null>(null);
  const sessions = useInfiniteQuery(memberSessionsQuery(slug));
  const items = sessions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {sessions.isPending && <Skeleton height={72} radius="md" />}
      {sessions.isError && !sessions.data && <LoadFailure error={sessions.error} retry={() => void sessions.refetch()} />}
      {items.length > 0 && (
        <ul className={classes.list} aria-label="Members' sessions">
          {items.map((session) => (
            <SessionItem key={session.sessionId} session={session} onEnd={() => setEnding(session)} />
          ))}
        </ul>
      )}
      {sessions.hasNextPage && (
        <Button
          variant="default"
          className={classes.apart}
          loading={sessions.isFetchingNextPage}
          onClick={() => void sessions.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      <EndSession
        session={ending}
        hasOthers={items.some((one) => one.memberId === ending?.memberId && one.sessionId !== ending.sessionId)}
        onClose={() => setEnding(null)}
      />
    </>
  );
}

function SessionItem({ session, onEnd }: { session: MemberSession; onEnd: () => void }) {
  const titleId = useId();
  const { dateWords, fullTime } = useTimes();
  const { name, current, ipAddress, userAgent, startedAt, lastSeenAt, whyNotEnd } = session;
  const program = userAgent === null ? "Unknown browser" : browserWords(userAgent);
  return (
    <li className={classes.session} aria-labelledby={titleId}>
      <div className={classes.sessionText}>
        <h3 id={titleId}>
          <Name>{name}</Name>
          {current && <span className={classes.ascii}>this browser</span>}
        </h3>
        <p className={classes.hint} title={userAgent ?? undefined}>
          {program}
          {ipAddress && <> · {ipAddress}</>}
        </p>
        <p className={classes.hint}>
          Since <span title={fullTime(startedAt)}>{dateWords(startedAt)}</span> · last seen{" "}
          <span title={fullTime(lastSeenAt)}>{fromNow(lastSeenAt)}</span>
        </p>
      </div>
      <WithReason reason={whyNotEnd}>
        <Button variant="default" onClick={onEnd} aria-label={`End session: ${name}, ${program}`}>
          End…
        </Button>
      </WithReason>
    </li>
  );
}
