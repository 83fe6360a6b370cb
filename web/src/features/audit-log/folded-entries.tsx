import { UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useId } from "react";
import type { AuditEntry } from "../../api/types.ts";
import { useTimes } from "../tenants/use-times.ts";
import { sentence } from "./audit-words.ts";
import classes from "./audit.module.css";
import { foldWords } from "./fold.ts";

interface FoldedEntriesProps {
  entries: readonly [AuditEntry, ...AuditEntry[]];
  /** False when the next page may have more entries of the same action. */
  isWhole: boolean;
  row: string;
  tabIndex: 0 | -1;
  isOpen: boolean;
  onToggle: () => void;
  /** The single entries, shown while the row is open. */
  children: React.ReactNode;
}

/** One row for an action on many targets: "Ada Okafor removed 120 people". */
export function FoldedEntries({ entries, isWhole, row, tabIndex, isOpen, onToggle, children }: FoldedEntriesProps) {
  const id = useId();
  const { timeOfDay, fullTime } = useTimes();
  const [first] = entries;
  const [actor, did] = sentence(first);
  return (
    <li className={classes.entry}>
      <div data-row={row}>
        <UnstyledButton className={classes.row} tabIndex={tabIndex} aria-expanded={isOpen} aria-controls={id} onClick={onToggle}>
          <time translate="no" className={classes.time} dateTime={first.occurredAt} title={fullTime(first.occurredAt)}>
            {timeOfDay(first.occurredAt)}
          </time>
          <span className={classes.sentence}>
            <strong>{actor}</strong> {did} <strong>{foldWords(first.target.type, entries.length, isWhole)}</strong>
          </span>
          <IconChevronRight size={16} className={classes.chevron} data-opened={isOpen} aria-hidden />
        </UnstyledButton>
      </div>
      <ol id={id} className={classes.fold} hidden={!isOpen}>
        {isOpen && children}
      </ol>
    </li>
  );
}
