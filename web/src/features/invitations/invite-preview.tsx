import { MAX_LINES } from "#contract/http/invitations.ts";
import { Button, SegmentedControl, VisuallyHidden } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { keys } from "../../api/queries.ts";
import type { InvitationLine, Role } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./invite.module.css";
import { PreviewRow } from "./preview-row.tsx";
import { asChosen, type ChosenLine, usePreview } from "./use-preview.ts";
import { people } from "./verdict.tsx";

interface InvitePreviewProps {
  roles: Role[];
  lines: InvitationLine[];
  onBack: () => void;
  onDone: (lines: InvitationLine[]) => void;
}

/** A thousand rows at once would make each key that is pressed wait. */
const SHOWN = 100;
const goes = ({ verdict }: InvitationLine) => verdict === "invite";
/** What another line's going away can change. */
const hangsOnOthers = ({ verdict }: InvitationLine) => verdict === "duplicate" || verdict === "over_limit";

/** Puts fresh verdicts in the place of those lines that could be judged. */
function merge(lines: InvitationLine[], judged: InvitationLine[]): InvitationLine[] {
  const rest = [...judged];
  return lines.map((line) => (asChosen(line) === null ? line : (rest.shift() ?? line)));
}

const chosenOf = (lines: InvitationLine[]) => lines.map(asChosen).filter((line): line is ChosenLine => line !== null);

export function InvitePreview({ roles, lines: first, onBack, onDone }: InvitePreviewProps) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const [lines, setLines] = useState(first);
  const [shown, setShown] = useState<"all" | "goes" | "skipped">("all");
  const [limit, setLimit] = useState(SHOWN);
  const [editing, setEditing] = useState<InvitationLine | null>(null);
  const preview = usePreview();
  const invite = useMutation({
    mutationFn: async () => {
      const body = { lines: chosenOf(lines) };
      return (await call(api.POST("/api/v1/tenants/{slug}/invitations/batch", { params: { path: { slug } }, body }))).lines;
    },
    onSuccess: async (judged) => {
      await queries.invalidateQueries({ queryKey: keys.invitations(slug) });
      onDone(merge(lines, judged));
    },
  });

  function judgeAgain(next: InvitationLine[]) {
    const chosen = chosenOf(next);
    const [line] = chosen;
    if (!line) return setLines(next);
    preview.mutate(
      { defaultRoleId: line.roleId, source: { lines: chosen } },
      {
        onSuccess: (judged) => {
          setLines(merge(next, judged));
          setEditing(null);
        },
      },
    );
  }

  function remove(gone: InvitationLine) {
    const rest = lines.filter((line) => line !== gone);
    setLines(rest);
    if (rest.some(hangsOnOthers)) judgeAgain(rest);
  }

  function save(old: InvitationLine, changed: { email: string; role: Role }) {
    const { email, role } = changed;
    judgeAgain(
      lines.map((line) => (line === old ? { ...line, email, read: email, roleId: role.roleId, roleName: role.name } : line)),
    );
  }

  const going = lines.filter(goes);
  const skipped = lines.length - going.length;
  const visible = lines.filter((line) => shown === "all" || goes(line) === (shown === "goes"));
  const failure = invite.error ?? preview.error;
  return (
    <div className={classes.form}>
      <p role="status" className={classes.summary}>
        {going.length === 0 ? "Nobody here can be invited." : `${people(going.length)} will be invited.`}
        {skipped > 0 && ` ${skipped === 1 ? "1 line" : `${skipped} lines`} will be skipped.`}
      </p>
      <FailureNote>{failure !== null && words(failure)}</FailureNote>
      {skipped > 0 && going.length > 0 && (
        <SegmentedControl
          aria-label="Show"
          value={shown}
          onChange={(value) => {
            setShown(value as typeof shown);
            setLimit(SHOWN);
          }}
          data={[
            { value: "all", label: `All ${lines.length}` },
            { value: "goes", label: `Invited ${going.length}` },
            { value: "skipped", label: `Skipped ${skipped}` },
          ]}
        />
      )}
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="What will happen, line by line">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Address</th>
              <th scope="col">What will happen</th>
              <th scope="col">
                <VisuallyHidden>Change</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {visible.slice(0, limit).map((line, index) => (
              <PreviewRow
                key={`${line.line} ${line.read} ${index}`}
                line={line}
                roles={roles}
                isEditing={editing === line}
                busy={preview.isPending}
                onEdit={() => setEditing(line)}
                onCancel={() => setEditing(null)}
                onSave={(changed) => save(line, changed)}
                onRemove={() => remove(line)}
              />
            ))}
          </tbody>
        </table>
        {visible.length > limit && (
          <Button variant="subtle" m="xs" onClick={() => setLimit(MAX_LINES)}>
            Show all {visible.length}
          </Button>
        )}
      </div>
      <div className={classes.actions}>
        <Button variant="default" onClick={onBack} disabled={invite.isPending}>
          Back
        </Button>
        <Button
          disabled={going.length === 0}
          loading={invite.isPending || preview.isPending}
          onClick={() => invite.mutate()}
          data-autofocus
        >
          Invite {people(going.length)}
        </Button>
      </div>
    </div>
  );
}
