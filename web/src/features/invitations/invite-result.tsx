import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCheck, IconCircleCheck, IconCopy, IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { systemQuery } from "../system/queries.ts";
import type { InvitationLine } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import { counted, people } from "../../ui/counted.ts";
import { Note } from "../../ui/note.tsx";
import formClasses from "../../ui/form.module.css";
import { LicencesHelp } from "../billing/buying-help.tsx";
import { OutboxNote } from "../system/outbox-note.tsx";
import classes from "./invite.module.css";
import { useResend } from "./use-resend.tsx";
import { Verdict } from "./verdict.tsx";

interface InviteResultProps {
  lines: InvitationLine[];
  onMore: () => void;
  onClose: () => void;
}

/** Makes a spreadsheet read a cell as text, not as a formula (OWASP: CSV injection). */
const safeCell = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

export function InviteResult({ lines, onMore, onClose }: InviteResultProps) {
  const { data: system } = useQuery(systemQuery());
  const [copied, setCopied] = useState(false);
  const { resend, dialog } = useResend();
  const invited = lines.filter(({ verdict }) => verdict === "invite");
  const skipped = lines.filter(({ verdict }) => verdict !== "invite");
  const waiting = lines.flatMap(({ verdict, invitationId }) =>
    verdict === "already_invited" && invitationId !== null ? [invitationId] : [],
  );

  async function copy() {
    const rows = skipped.map(({ email, read, message }) => [email ?? read, message].map(safeCell).join("\t"));
    try {
      await navigator.clipboard.writeText(rows.join("\n"));
      setCopied(true);
    } catch {
      notifications.show({
        color: "brick",
        message: "Your browser didn't allow copying. Select the lines and copy them by hand.",
      });
    }
  }

  return (
    <div className={formClasses.form}>
      <Note
        tone={invited.length > 0 ? "teal" : "plain"}
        icon={invited.length > 0 ? <IconCircleCheck size={18} aria-hidden /> : <IconInfoCircle size={18} aria-hidden />}
        title={`${people(invited.length)} invited${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}.`}
        announced
      >
        {invited.length > 0 && "The mails are on their way. Each invitation is valid for 7 days."}
      </Note>
      {system?.outbox && invited.length > 0 && <OutboxNote />}
      {skipped.length > 0 && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and holds nothing else that takes the focus
        <div className={classes.scroll} tabIndex={0} role="region" aria-label="Skipped lines">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Line</th>
                <th scope="col">Skipped</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {skipped.map((line, index) => (
                <tr key={index}>
                  <td className={classes.number}>{line.line}</td>
                  <td className={classes.address}>
                    <Address>{line.email ?? line.read}</Address>
                  </td>
                  <td>
                    <Verdict verdict={line.verdict} message={line.message} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {skipped.some(({ verdict }) => verdict === "no_licence") && <LicencesHelp />}
      {dialog}
      <div className={formClasses.actions}>
        {skipped.length > 0 && (
          <Button
            variant="subtle"
            mr="auto"
            leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            onClick={() => void copy()}
          >
            {copied ? "Copied" : "Copy the skipped lines"}
          </Button>
        )}
        {waiting.length > 0 && !resend.isSuccess && (
          <Button variant="default" loading={resend.isPending} onClick={() => resend.mutate(waiting)}>
            Send {counted(waiting.length, "pending invitation", "pending invitations")} again
          </Button>
        )}
        <Button variant="default" onClick={onMore}>
          Invite others
        </Button>
        <Button onClick={onClose} autoFocus>
          Done
        </Button>
      </div>
    </div>
  );
}
