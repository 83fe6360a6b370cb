import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { systemQuery } from "../system/queries.ts";
import { paths } from "../../paths.ts";
import { Address } from "../../ui/address.tsx";
import { FailureNote } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";
import { OutboxNote } from "../system/outbox-note.tsx";

export function CheckMailPage() {
  usePageTitle("Check your mail");
  const email = (useLocation().state as { email?: string } | null)?.email;
  const { data: system } = useQuery(systemQuery());
  const resend = useMutation({
    mutationFn: (address: string) => call(api.POST("/api/v1/accounts/verification-mail", { body: { email: address } })),
  });

  return (
    <AuthFrame
      title="Check your mail"
      lead={
        <>
          We sent a link to <strong>{email === undefined ? "your address" : <Address>{email}</Address>}</strong>. Open it to
          confirm your address. The link works for 24 hours.
        </>
      }
      after={
        <>
          Wrong address? <Link to={paths.signUp()}>Start again</Link>
        </>
      }
    >
      <div className={classes.stack}>
        {system?.outbox && <OutboxNote />}
        <FailureNote>{resend.isError && words(resend.error)}</FailureNote>
        {email !== undefined && (
          <Button variant="default" loading={resend.isPending} onClick={() => resend.mutate(email)}>
            {resend.isSuccess ? "Sent. Send it again" : "Send the mail again"}
          </Button>
        )}
      </div>
    </AuthFrame>
  );
}
