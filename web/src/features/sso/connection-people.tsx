import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SsoConnection, SsoIdentity } from "../../api/types.ts";
import { people } from "../../ui/counted.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { fromNow } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { EndIdentity } from "./end-identity.tsx";
import { ssoIdentitiesQuery } from "./queries.ts";
import classes from "./sso.module.css";

/** The members who are joined to the connection, with buttons to separate them. People who may not see members only get the number. */
export function ConnectionPeople({ connection }: { connection: SsoConnection }) {
  const { can } = useTenant();
  return (
    <section className={classes.card} aria-labelledby="joined">
      <h2 id="joined">People joined to it</h2>
      <p className={classes.hint}>
        whoot recognizes each of them by the identifier that the provider sends, not by their address.
      </p>
      {can.viewMembers ? (
        <Identities connection={connection} />
      ) : (
        <p>{people(connection.people)}. Your role doesn&apos;t let you see who.</p>
      )}
    </section>
  );
}

function Identities({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const [ending, setEnding] = useState<SsoIdentity | null>(null);
  const identities = useInfiniteQuery(ssoIdentitiesQuery(slug, connection.connectionId));
  const items = identities.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {identities.isPending && <Skeleton height={72} radius="md" />}
      {identities.isError && !identities.data && <LoadFailure error={identities.error} retry={() => void identities.refetch()} />}
      {identities.data && items.length === 0 && <p className={classes.hint}>Nobody yet.</p>}
      {items.length > 0 && (
        <ul className={classes.list} aria-label="People joined to it">
          {items.map((identity) => (
            <IdentityItem key={identity.memberId} identity={identity} onEnd={() => setEnding(identity)} />
          ))}
        </ul>
      )}
      {identities.hasNextPage && (
        <div className={classes.actions}>
          <Button variant="default" loading={identities.isFetchingNextPage} onClick={() => void identities.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      <EndIdentity connection={connection} identity={ending} onClose={() => setEnding(null)} />
    </>
  );
}

function IdentityItem({ identity, onEnd }: { identity: SsoIdentity; onEnd: () => void }) {
  const { dateWords, fullTime } = useTimes();
  const { name, subject, linkedAt, lastUsedAt, whyNotEnd } = identity;
  return (
    <li className={classes.item}>
      <div className={classes.head}>
        <h3>
          <Name>{name}</Name>
        </h3>
        <WithReason reason={whyNotEnd}>
          <Button variant="default" onClick={onEnd} aria-label={`Separate ${name}`}>
            Separate…
          </Button>
        </WithReason>
      </div>
      {subject !== null && (
        <p className={classes.hint}>
          Identifier <span translate="no">{subject}</span>
        </p>
      )}
      <p className={classes.hint}>
        Joined <span title={fullTime(linkedAt)}>{dateWords(linkedAt)}</span> · last used{" "}
        <span title={fullTime(lastUsedAt)}>{fromNow(lastUsedAt)}</span>
      </p>
    </li>
  );
}
