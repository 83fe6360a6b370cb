import { Button } from "@mantine/core";
import type { Member } from "../../api/types.ts";
import { people } from "../../ui/counted.ts";
import { SelectionBar } from "../../ui/selection-bar.tsx";
import bar from "../../ui/sticky-bar.module.css";
import { WithReason } from "../../ui/with-reason.tsx";
import { affected, doWords, type MemberChange, shortly, whyNotAll } from "./member-changes.ts";

interface BulkBarProps {
  selected: readonly Member[];
  ask: (change: MemberChange, members: readonly Member[]) => void;
  clear: () => void;
}

/** What can be done to those who are selected; there while somebody is. */
export function BulkBar({ selected, ask, clear }: BulkBarProps) {
  const changes: MemberChange[] = ["changeRole", "suspend", "reactivate", "remove"];
  return (
    <SelectionBar
      label="Selected people"
      selected={selected.length > 0 ? `${people(selected.length)} selected` : null}
      clearLabel="Select nobody"
      clear={clear}
    >
      {changes.map((change) => {
        const members = affected(change, selected);
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
              <span className={bar.short}>{shortly(change)}</span>
            </Button>
          </WithReason>
        );
      })}
    </SelectionBar>
  );
}
