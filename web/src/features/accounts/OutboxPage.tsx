import { Button } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { outboxQuery } from "../../api/queries.ts";
import { failureCode } from "../../api/errors.ts";
import type { OutboxMail } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { PlainFrame } from "../tenants/plain-frame.tsx";
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
      <p className={classes.lead}>
        No mail server is set, so nothing leaves this machine. The mails wait here, and only this machine can read them.
      </p>
      {outbox.isError &&
        (failureCode(outbox.error) === "not_found" ? (
          <EmptyState icon={<IconInbox />} title="No outbox here">
            This server sends its mail, or you aren't on the machine it runs on. Look in your mailbox.
          </EmptyState>
        ) : (
          <LoadFailure error={outbox.error} retry={() => void outbox.refetch()} />
        ))}
      {mails?.length === 0 && (
        <EmptyState icon={<IconInbox />} title="No mail yet">
          Sign up or invite somebody, and the mail shows up here.
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
  const link = sameSite(mail.link);
  return (
    <li className={classes.mail}>
      <div className={classes.head}>
        <h2>{mail.subject}</h2>
        <time dateTime={mail.sentAt} title={fullTime(mail.sentAt)}>
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

/** On this page's own origin, whatever host name the mail was written for: localhost and 127.0.0.1 share no cookies. */
function sameSite(link: string | null): string | null {
  if (link === null) return null;
  try {
    const { pathname, search, hash } = new URL(link);
    return pathname + search + hash;
  } catch {
    return null;
  }
}
