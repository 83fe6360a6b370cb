import { Button, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { keys, myInvitationsQuery } from "../../api/queries.ts";
import type { MyInvitation } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { search } from "../../ui/search.ts";
import { fromNow, fullTime } from "../../ui/time.ts";
import classes from "./my-invitations.module.css";
import { invitationWords } from "./use-activity.ts";
import { WorkspaceMark } from "./workspace-mark.tsx";

interface MyInvitationsProps {
  /** Only those that it finds. */
  query?: string;
  onJoined?: () => void;
}

/** Invitations that wait for the person who is signed in, wherever they come from. Nothing when there are none. */
export function MyInvitations({ query = "", onJoined }: MyInvitationsProps) {
  const { data } = useQuery(myInvitationsQuery());
  const heading = useId();
  const invitations = search(query, data ?? [], ({ tenantName, invitedByName }) => `${tenantName} ${invitedByName}`);
  if (invitations.length === 0) return null;
  return (
    // No landmark: the switcher shows it too, over a page that may have it.
    <section className={classes.section} role="group" aria-labelledby={heading}>
      <h2 id={heading}>{invitations.length === 1 ? "You are invited" : invitationWords(invitations.length)}</h2>
      <ul className={classes.rows}>
        {invitations.map((invitation) => (
          <Row key={invitation.invitationId} invitation={invitation} onJoined={onJoined} />
        ))}
      </ul>
    </section>
  );
}

function Row({ invitation, onJoined }: { invitation: MyInvitation; onJoined: (() => void) | undefined }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { invitationId, tenantName, invitedByName, roleName, expiresAt } = invitation;
  const params = { path: { invitationId } };
  const refetch = () => queries.invalidateQueries({ queryKey: keys.me });
  // Withdrawn or expired meanwhile: the list is old.
  const onError = (error: unknown) => {
    notifications.show({ color: "brick", message: words(error) });
    void refetch();
  };
  const accept = useMutation({
    mutationFn: () => call(api.POST("/api/v1/me/invitations/{invitationId}/acceptance", { params })),
    onSuccess: async ({ slug }) => {
      await refetch();
      onJoined?.();
      await navigate(paths.board(slug));
    },
    onError,
  });
  const decline = useMutation({
    mutationFn: () => call(api.POST("/api/v1/me/invitations/{invitationId}/refusal", { params })),
    onSuccess: async () => {
      await refetch();
      notifications.show({ message: `You declined the invitation to ${tenantName}.` });
    },
    onError,
  });
  return (
    <li>
      <WorkspaceMark name={tenantName} />
      <span className={classes.text}>
        <span className={classes.name}>{tenantName}</span>
        <span className={classes.dim}>
          {invitedByName} invites you, as {roleName} ·{" "}
          <time dateTime={expiresAt} title={fullTime(expiresAt)}>
            expires {fromNow(expiresAt)}
          </time>
        </span>
      </span>
      <span className={classes.actions}>
        <Button size="xs" loading={accept.isPending} onClick={() => accept.mutate()}>
          Join<VisuallyHidden> {tenantName}</VisuallyHidden>
        </Button>
        <Button size="xs" variant="default" loading={decline.isPending} onClick={() => decline.mutate()}>
          Decline<VisuallyHidden> the invitation to {tenantName}</VisuallyHidden>
        </Button>
      </span>
    </li>
  );
}
