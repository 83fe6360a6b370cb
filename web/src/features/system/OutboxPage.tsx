import { Button } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { outboxQuery } from "./queries.ts";
import { failureCode } from "../../api/errors.ts";
import type { OutboxMail } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { PlainFrame } from "../page-frames/plain-frame.tsx";
import { fullTime, timeOfDay } from "../../ui/time.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import classes from "./outbox.module.css";

export function OutboxPage() {
  usePageTitle("Outbox");
  const outbox = useQuery({ ...outboxQuery(), retry: false });
  const mails = outbox.data?.items;
  return (
    <PlainFrame>
      <h1>Outbox</h1>
      <p className={classes.lead}>No mail server yet, so mails wait here. Only this machine can read them.</p>
      {outbox.isError &&
        (failureCode(outbox.error) === "not_found" ? (
          <EmptyState icon={<IconInbox />} title="No outbox here">
            This server sends its mail, or runs on a different machine. Check your mailbox.
          </EmptyState>
        ) : (
          <LoadFailure error={outbox.error} retry={() => void outbox.refetch()} />
        ))}
      {mails?.length === 0 && (
        <EmptyState icon={<IconInbox />} title="No mail yet">
          Sign up or invite someone, and the mail appears here.
        </EmptyState>
      )}
      <ul className={classes.mails}>
        {mails?.map((mail) => (
          <Mail key={mail.mailId} mail={mail} />
        ))}
      </ul>
    </PlainFrame>
  );
}

function Mail({ mail }: { mail: OutboxMail }) {
  const link = withoutOrigin(mail.link);
  return (
    <li className={classes.mail}>
      <div className={classes.head}>
        <h2>{mail.subject}</h2>
        <time translate="no" dateTime={mail.sentAt} title={fullTime(mail.sentAt)}>
          {timeOfDay(mail.sentAt)}
        </time>
      </div>
      <p className={classes.to}>To {mail.to}</p>
      <p className={classes.text}>{mail.text}</p>
      {link !== null && (
        <Button component="a" href={link} size="sm">
          Open the link
        </Button>
      )}
    </li>
  );
}

/** The link opens on this page's origin, because localhost and 127.0.0.1 share no cookies. */
function withoutOrigin(link: string | null): string | null {
  if (link === null) return null;
  try {
    const { pathname, search, hash } = new URL(link);
    return pathname + search + hash;
  } catch {
    return null;
  }
}
