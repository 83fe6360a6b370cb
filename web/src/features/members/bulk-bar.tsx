import { Button } from "@mantine/core";
import type { Member } from "../../api/types.ts";
import { people } from "../../ui/counted.ts";
import { SelectionBar } from "../../ui/selection-bar.tsx";
import bar from "../../ui/sticky-bar.module.css";
import { WithReason } from "../../ui/with-reason.tsx";
import { targetsOf, doWords, type MemberChange, shortLabel, whyNotAll } from "./member-changes.ts";

interface BulkBarProps {
  selected: readonly Member[];
  ask: (change: MemberChange, members: readonly Member[]) => void;
  clear: () => void;
}

/** Actions for the selected members. */
export function BulkBar({ selected, ask, clear }: BulkBarProps) {
  const changes: MemberChange[] = ["changeRole", "suspend", "reactivate", "remove"];
  return (
    <SelectionBar
      label="Selected people"
      selected={selected.length > 0 ? `${people(selected.length)} selected` : null}
      clearLabel="Clear selection"
      clear={clear}
    >
      {changes.map((change) => {
        const members = targetsOf(change, selected);
        if (members.length === 0) return null;
        return (
          <WithReason key={change} reason={whyNotAll(change, members)}>
            <Button
              size="sm"
              aria-label={`${doWords(change, members)}…`}
              {...(change === "remove" ? { variant: "outline", color: "brick" } : { variant: "default" })}
              onClick={() => ask(change, members)}
            >
              <span className={bar.long}>{doWords(change, members)}…</span>
              <span className={bar.short}>{shortLabel(change)}</span>
            </Button>
          </WithReason>
        );
      })}
    </SelectionBar>
  );
}
