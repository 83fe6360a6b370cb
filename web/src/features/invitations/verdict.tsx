import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import type { InvitationLine } from "../../api/types.ts";
import classes from "./invite.module.css";

const HARMLESS: ReadonlyArray<InvitationLine["verdict"]> = [
  "already_member",
  "already_invited",
  "member_or_invited",
  "duplicate",
];

/** What will happen to a line, or did, as an icon and a message. */
export function Verdict({ verdict, message }: Pick<InvitationLine, "verdict" | "message">) {
  const tone = verdict === "invite" ? "good" : HARMLESS.includes(verdict) ? "plain" : "amber";
  const Icon = { good: IconCircleCheck, plain: IconInfoCircle, amber: IconAlertTriangle }[tone];
  return (
    <span className={classes.verdict} data-tone={tone}>
      <Icon size={18} aria-hidden />
      <span>{message}</span>
    </span>
  );
}
