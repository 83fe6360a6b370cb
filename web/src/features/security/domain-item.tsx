import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { Domain } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { fromNow } from "../../ui/time.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { CopyField } from "./copy-field.tsx";
import { DomainRelease } from "./domain-release.tsx";
import classes from "./security.module.css";

const STATES: Record<Domain["state"], { words: string; icon: React.ReactNode }> = {
  unverified: { words: "Not verified", icon: <IconCircleDashed size={18} aria-hidden /> },
  verified: { words: "Verified", icon: <IconCircleCheck size={18} aria-hidden /> },
  failing: { words: "Record missing", icon: <IconAlertTriangle size={18} aria-hidden /> },
  lapsed: { words: "Lapsed", icon: <IconCircleX size={18} aria-hidden /> },
};

/** What the state means, and until when. */
function StateFacts({ domain }: { domain: Domain }) {
  const { dateWords, fullTime } = useTimes();
  const { state, verifiedAt, failingSince, lapsedAt, claimedAt, claimedByName, waiting } = domain;
  if (waiting)
    return (
      <>
        The record is in place, but another workspace has this domain. Yours gets it when the other one gives it up or loses it.
      </>
    );
  if (state === "failing" && failingSince) {
    return (
      <>
        The record has been missing since <span title={fullTime(failingSince)}>{dateWords(failingSince)}</span>. Put it back:
        after seven days without it, the domain lapses.
      </>
    );
  }
  if (state === "lapsed" && lapsedAt) {
    return (
      <>
        Lapsed on <span title={fullTime(lapsedAt)}>{dateWords(lapsedAt)}</span>, after seven days without its record.
      </>
    );
  }
  if (state === "verified" && verifiedAt) {
    return (
      <>
        Since <span title={fullTime(verifiedAt)}>{dateWords(verifiedAt)}</span>
      </>
    );
  }
  return (
    <>
      Added by {claimedByName} on <span title={fullTime(claimedAt)}>{dateWords(claimedAt)}</span>
    </>
  );
}

function Instructions({ domain }: { domain: Domain }) {
  const { record, displayName } = domain;
  return (
    <div>
      <p className={classes.hint}>
        At the DNS provider of {record.zone}, add a record of the type TXT. Most providers take the short name and add the domain
        themselves.
      </p>
      <dl className={classes.fields}>
        <CopyField label="Name" hint="short" value={record.relativeName} owner={displayName} />
        <CopyField label="Full name" hint="if your provider asks for it" value={record.name} owner={displayName} />
        <CopyField label="Value" value={record.value} owner={displayName} />
      </dl>
    </div>
  );
}

export function DomainItem({ domain }: { domain: Domain }) {
  const { slug } = useTenant();
  const { fullTime } = useTimes();
  const queries = useQueryClient();
  const titleId = useId();
  const [releasing, release] = useDisclosure();
  const { domainId, displayName, state, checking, check } = domain;
  const ask = useMutation({
    mutationFn: () => call(api.POST("/api/v1/tenants/{slug}/domains/{domainId}/check", { params: { path: { slug, domainId } } })),
    onSettled: () => queries.invalidateQueries(showing(slug, "domains")),
  });
  const busy = checking || ask.isPending;
  const mark = domain.waiting ? { ...STATES.unverified, words: "Waiting" } : STATES[state];
  return (
    <li className={classes.item} aria-labelledby={titleId}>
      <div className={classes.head}>
        <h3 id={titleId} translate="no">
          {displayName}
          {displayName !== domain.domain && <span className={classes.ascii}>{domain.domain}</span>}
        </h3>
        <span className={classes.state} data-state={domain.waiting ? "waiting" : state}>
          {mark.icon}
          {mark.words}
        </span>
      </div>
      <p className={classes.hint}>
        <StateFacts domain={domain} />
      </p>
      {state === "verified" ? (
        <details className={classes.details}>
          <summary>Record</summary>
          <Instructions domain={domain} />
        </details>
      ) : (
        <Instructions domain={domain} />
      )}
      <div className={classes.result} role="status">
        {busy && <p>Asking the name servers…</p>}
        {!busy && check && (
          <>
            <p className={classes.hint}>
              Checked <span title={fullTime(check.at)}>{fromNow(check.at)}</span>
            </p>
            {check.says.map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
          </>
        )}
      </div>
      <FailureNote>{ask.isError && words(ask.error)}</FailureNote>
      {(domain.can.check || domain.can.release) && (
        <div className={classes.actions}>
          {domain.can.release && (
            <Button variant="subtle" color="gray" onClick={release.open} aria-label={`Release ${displayName}`}>
              Release
            </Button>
          )}
          {domain.can.check && (
            <Button variant="default" loading={busy} onClick={() => ask.mutate()} aria-label={`Check now: ${displayName}`}>
              Check now
            </Button>
          )}
        </div>
      )}
      <DomainRelease domain={domain} opened={releasing} onClose={release.close} />
    </li>
  );
}
