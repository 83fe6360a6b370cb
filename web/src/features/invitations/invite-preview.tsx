import { MAX_LINES } from "#contract/http/invitations.ts";
import { Button, SegmentedControl, VisuallyHidden } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { InvitationLine, Role } from "../../api/types.ts";
import { counted, number, people } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { LicencesHelp } from "../billing/buying-help.tsx";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./invite.module.css";
import { PreviewRow } from "./preview-row.tsx";
import { asChosen, type ChosenLine, usePreview } from "./use-preview.ts";

interface InvitePreviewProps {
  roles: Role[];
  lines: InvitationLine[];
  /** Tells the dialog whether a line is being edited, because Escape then only ends the edit. */
  onEditing: (isEditing: boolean) => void;
  onBack: () => void;
  onDone: (lines: InvitationLine[]) => void;
}

/** Rows that are rendered at first. With a thousand, typing would be slow. */
const ROWS_AT_FIRST = 100;
/** A line with an id that stays the same when it is edited. */
type Row = InvitationLine & { id: number };

const isInvited = ({ verdict }: InvitationLine) => verdict === "invite";
/** Whether the verdict can change when another line is removed. */
const dependsOnOthers = ({ verdict }: InvitationLine) =>
  verdict === "duplicate" || verdict === "over_limit" || verdict === "no_licence";

/** Replaces the verdicts of the lines that the server judged again. */
function merge(rows: Row[], judged: InvitationLine[]): Row[] {
  const rest = [...judged];
  return rows.map((row) => (asChosen(row) === null ? row : { ...row, ...rest.shift() }));
}

const chosenOf = (lines: InvitationLine[]) => lines.map(asChosen).filter((line): line is ChosenLine => line !== null);

export function InvitePreview({ roles, lines: first, onEditing, onBack, onDone }: InvitePreviewProps) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const [lines, setLines] = useState<Row[]>(() => first.map((line, id) => ({ ...line, id })));
  const [shown, setShown] = useState<"all" | "goes" | "skipped">("all");
  const [limit, setLimit] = useState(ROWS_AT_FIRST);
  const [editing, setEditing] = useState<number | null>(null);
  const summary = useRef<HTMLParagraphElement>(null);
  const preview = usePreview();
  // The element that had the focus belonged to the previous step.
  useEffect(() => summary.current?.focus(), []);
  useEffect(() => {
    onEditing(editing !== null);
    return () => onEditing(false);
  }, [editing, onEditing]);
  const invite = useMutation({
    mutationFn: async () => {
      const body = { lines: chosenOf(lines) };
      return (await call(api.POST("/api/v1/tenants/{slug}/invitations/batch", { params: { path: { slug } }, body }))).lines;
    },
    onSuccess: async (judged) => {
      await queries.invalidateQueries(showing(slug, "invitations"));
      onDone(merge(lines, judged));
    },
  });

  function judgeAgain(next: Row[]) {
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

  function remove(removed: Row) {
    const rest = lines.filter(({ id }) => id !== removed.id);
    setLines(rest);
    summary.current?.focus();
    if (rest.some(dependsOnOthers)) judgeAgain(rest);
  }

  function save(old: Row, changed: { email: string; role: Role }) {
    const { email, role } = changed;
    judgeAgain(
      lines.map((line) =>
        line.id === old.id ? { ...line, email, read: email, roleId: role.roleId, roleName: role.name } : line,
      ),
    );
  }

  const going = lines.filter(isInvited);
  const skipped = lines.length - going.length;
  const visible = lines.filter((line) => shown === "all" || isInvited(line) === (shown === "goes"));
  const failure = invite.error ?? preview.error;
  return (
    <div className={formClasses.form}>
      <p role="status" className={classes.summary} ref={summary} tabIndex={-1}>
        {going.length === 0 ? "Nobody on this list can be invited." : `${people(going.length)} will be invited.`}
        {skipped > 0 && ` ${counted(skipped, "line", "lines")} will be skipped.`}
      </p>
      <FailureNote>{failure !== null && words(failure)}</FailureNote>
      {lines.some(({ verdict }) => verdict === "no_licence") && <LicencesHelp />}
      {skipped > 0 && going.length > 0 && (
        <SegmentedControl
          aria-label="Show"
          value={shown}
          onChange={(value) => {
            setShown(value);
            setLimit(ROWS_AT_FIRST);
          }}
          data={[
            { value: "all", label: `All ${number(lines.length)}` },
            { value: "goes", label: `To invite ${number(going.length)}` },
            { value: "skipped", label: `Skipped ${number(skipped)}` },
          ]}
        />
      )}
      <div className={classes.scroll} role="region" aria-label="What will happen, line by line">
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
            {visible.slice(0, limit).map((line) => (
              <PreviewRow
                key={line.id}
                line={line}
                roles={roles}
                isEditing={editing === line.id}
                busy={preview.isPending}
                onEdit={() => setEditing(line.id)}
                onCancel={() => setEditing(null)}
                onSave={(changed) => save(line, changed)}
                onRemove={() => remove(line)}
              />
            ))}
          </tbody>
        </table>
        {visible.length > limit && (
          <Button variant="subtle" m="xs" onClick={() => setLimit(MAX_LINES)}>
            Show all {number(visible.length)}
          </Button>
        )}
      </div>
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onBack} disabled={invite.isPending}>
          Back
        </Button>
        <Button
          disabled={going.length === 0}
          // Wait only for the check of an edit: when inviting, the server judges all lines again anyway.
          loading={invite.isPending || (preview.isPending && editing !== null)}
          onClick={() => invite.mutate()}
        >
          Invite {people(going.length)}
        </Button>
      </div>
    </div>
  );
}
