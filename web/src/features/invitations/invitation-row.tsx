import { Button, Checkbox, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconLink, IconMail } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { Invitation } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import { fromNow } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./invite.module.css";
import { useResend } from "./use-resend.tsx";
import { useWithdraw } from "./use-withdraw.ts";

interface InvitationRowProps {
  invitation: Invitation;
  /** The tab index of all controls of the row. */
  tabIndex: 0 | -1;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
  /** Called with the link when the browser doesn't allow copying. */
  showLink: (url: string) => void;
}

export function InvitationRow({ invitation, tabIndex, isChosen, onChoose, showLink }: InvitationRowProps) {
  const { slug } = useTenant();
  const { invitationId, email, roleName, status, can } = invitation;
  const { resend, dialog } = useResend();
  const withdraw = useWithdraw();
  const copy = useMutation({
    mutationFn: () => {
      const params = { path: { slug, invitationId } };
      return call(api.GET("/api/v1/tenants/{slug}/invitations/{invitationId}/link", { params }));
    },
    onSuccess: async ({ url }) => {
      try {
        await navigator.clipboard.writeText(url);
        notifications.show({ message: "Link copied. Give it only to the person it's for." });
      } catch {
        showLink(url);
      }
    },
    onError: (error) => void notifications.show({ color: "brick", message: words(error) }),
  });
  const whom = email ?? "this person";

  return (
    <li data-row={invitationId}>
      <span className={classes.rowStart}>
        <Checkbox
          aria-label={`Select the invitation for ${whom}`}
          tabIndex={tabIndex}
          checked={isChosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
        <Text invitation={invitation} />
      </span>
      <span className={classes.rowActions}>
        {status === "pending" && (
          <WithReason reason={can.copyLink ? null : "The link shows the invited address, which your role can't see."}>
            <Button
              size="xs"
              tabIndex={tabIndex}
              variant="default"
              leftSection={<IconLink size={16} />}
              loading={copy.isPending}
              onClick={() => copy.mutate()}
            >
              Copy link<VisuallyHidden> for {whom}</VisuallyHidden>
            </Button>
          </WithReason>
        )}
        <WithReason reason={can.resend ? null : `${roleName} allows more than your role, so you can't give it.`}>
          <Button
            size="xs"
            tabIndex={tabIndex}
            variant="default"
            leftSection={<IconMail size={16} />}
            loading={resend.isPending}
            onClick={() => resend.mutate([invitationId])}
          >
            Send again<VisuallyHidden> to {whom}</VisuallyHidden>
          </Button>
        </WithReason>
        <Button
          size="xs"
          tabIndex={tabIndex}
          variant="subtle"
          color="brick"
          loading={withdraw.isPending}
          onClick={() => withdraw.mutate([invitationId])}
        >
          Withdraw<VisuallyHidden> the invitation for {whom}</VisuallyHidden>
        </Button>
      </span>
      {dialog}
    </li>
  );
}

function Text({ invitation }: { invitation: Invitation }) {
  const { fullTime } = useTimes();
  const { email, roleName, invitedByName, mailedAt, expiresAt, status } = invitation;
  return (
    <span className={classes.text}>
      <span translate="no" className={classes.name}>
        {email === null ? "Address hidden" : <Address>{email}</Address>}
      </span>
      <span className={classes.dim}>
        {roleName} · invited by {invitedByName} · mailed{" "}
        <time translate="no" dateTime={mailedAt} title={fullTime(mailedAt)}>
          {fromNow(mailedAt)}
        </time>
        {status !== "expired" && (
          <>
            {" · "}
            <time translate="no" dateTime={expiresAt} title={fullTime(expiresAt)}>
              expires {fromNow(expiresAt)}
            </time>
          </>
        )}
      </span>
      {status === "expired" && (
        <span className={classes.amber}>
          <IconAlertTriangle size={16} aria-hidden />
          <time translate="no" dateTime={expiresAt} title={fullTime(expiresAt)}>
            Expired {fromNow(expiresAt)}
          </time>
        </span>
      )}
      {status === "lapsed" && (
        <span className={classes.amber}>
          <IconAlertTriangle size={16} aria-hidden />
          Doesn&apos;t work: {invitedByName} can&apos;t give this role any more. Send it again in your name.
        </span>
      )}
    </span>
  );
}
