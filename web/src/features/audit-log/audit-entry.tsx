import { Button, Collapse, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronRight } from "@tabler/icons-react";
import { useId } from "react";
import type { AuditEntry } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import { browserWords } from "../../ui/browser-words.ts";
import { useTimes } from "../tenants/use-times.ts";
import { type ChangeWords, changeWords, sentence } from "./audit-words.ts";
import classes from "./audit.module.css";
import type { AuditFilters } from "./use-audit-filters.ts";

interface EntryProps {
  entry: AuditEntry;
  row: string;
  tabIndex: 0 | -1;
  narrow: (changes: Partial<AuditFilters>) => void;
}

export function Entry({ entry, row, tabIndex, narrow }: EntryProps) {
  const [opened, { toggle }] = useDisclosure();
  const id = useId();
  const { timeOfDay, fullTime } = useTimes();
  const [actor, did, target] = sentence(entry);
  return (
    <li className={classes.entry} data-row={row}>
      <UnstyledButton className={classes.row} tabIndex={tabIndex} aria-expanded={opened} aria-controls={id} onClick={toggle}>
        <time translate="no" className={classes.time} dateTime={entry.occurredAt} title={fullTime(entry.occurredAt)}>
          {timeOfDay(entry.occurredAt)}
        </time>
        <span className={classes.sentence}>
          <strong>{actor}</strong> {did}{" "}
          {target && (
            <strong>
              <Address>{target}</Address>
            </strong>
          )}
          <Gist entry={entry} />
        </span>
        <IconChevronRight size={16} className={classes.chevron} data-opened={opened} aria-hidden />
      </UnstyledButton>
      <Collapse expanded={opened} id={id}>
        {opened && <Details entry={entry} narrow={narrow} />}
      </Collapse>
    </li>
  );
}

/** Shows the change in the row if it is a single short one, so that nobody has to open the entry for it. */
function Gist({ entry }: { entry: AuditEntry }) {
  const { fullTime } = useTimes();
  const [change, ...more] = changeWords(entry.changes, fullTime);
  if (!change || more.length > 0 || change.from === null || change.to === null) return null;
  if (change.from.length + change.to.length > 60) return null;
  return (
    <span className={classes.gist}>
      {change.field}: {change.from} → {change.to}
    </span>
  );
}

function Details({ entry, narrow }: Pick<EntryProps, "entry" | "narrow">) {
  const { fullTime } = useTimes();
  const changes = changeWords(entry.changes, fullTime);
  const { memberId } = entry.actor;
  const { id: targetId } = entry.target;
  const [, , target] = sentence(entry);
  return (
    <div className={classes.details}>
      <dl>
        {changes.map((change) => (
          <div key={change.field}>
            <dt>{change.field}</dt>
            <dd>
              <Change change={change} />
            </dd>
          </div>
        ))}
        <div>
          <dt>When</dt>
          <dd className={classes.lines}>{fullTime(entry.occurredAt)}</dd>
        </div>
        {entry.ipAddress !== null && (
          <div>
            <dt>IP address</dt>
            <dd>{entry.ipAddress}</dd>
          </div>
        )}
        {entry.userAgent !== null && (
          <div>
            <dt>Browser</dt>
            <dd title={entry.userAgent}>{browserWords(entry.userAgent)}</dd>
          </div>
        )}
        <div>
          <dt>Entry</dt>
          <dd className={classes.hash}>
            {entry.sequence}:{entry.hash}
          </dd>
        </div>
      </dl>
      <div className={classes.narrow}>
        {memberId !== null && (
          <Button size="xs" variant="default" onClick={() => narrow({ who: memberId })}>
            Only what {entry.actor.name} did
          </Button>
        )}
        {targetId !== null && target && (
          <Button size="xs" variant="default" onClick={() => narrow({ on: targetId })}>
            Only what was done to {target}
          </Button>
        )}
      </div>
    </div>
  );
}

function Change({ change: { from, to, added, removed } }: { change: ChangeWords }) {
  if (from !== null && to !== null) {
    return (
      <>
        {from} <span aria-label="became">→</span> {to}
      </>
    );
  }
  if (from !== null || to !== null) return to ?? <>{from} (removed)</>;
  return (
    <span className={classes.lines}>
      {[added.length > 0 && `Added: ${added.join("; ")}`, removed.length > 0 && `Removed: ${removed.join("; ")}`]
        .filter(Boolean)
        .join("\n")}
    </span>
  );
}
