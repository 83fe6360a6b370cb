import { Button, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { myInvitationsQuery } from "./queries.ts";
import { ofPerson } from "../../api/outdated.ts";
import type { MyInvitation } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { search } from "../../ui/search.ts";
import { fromNow, fullTime } from "../../ui/time.ts";
import classes from "./my-invitations.module.css";
import { invitationWords } from "../my-tenants/use-activity.ts";
import { WorkspaceMark } from "../tenants/workspace-mark.tsx";

interface MyInvitationsProps {
  /** Shows only the invitations that match this search. */
  query?: string;
  onJoined?: () => void;
}

/** Open invitations to any workspace for the person who is signed in. Renders nothing when there are none. */
export function MyInvitations({ query = "", onJoined }: MyInvitationsProps) {
  const { data } = useQuery(myInvitationsQuery());
  const heading = useId();
  const invitations = search(query, data ?? [], ({ tenantName, invitedByName }) => `${tenantName} ${invitedByName}`);
  if (invitations.length === 0) return null;
  return (
    // A group, not a landmark, because the switcher may show a second copy over a page that has one.
    <section className={classes.section} role="group" aria-labelledby={heading}>
      <h2 id={heading}>{invitations.length === 1 ? "You're invited" : invitationWords(invitations.length)}</h2>
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
  const refetch = () => queries.invalidateQueries(ofPerson());
  // The invitation may have been withdrawn or have expired, so the list is fetched again.
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
        <span translate="no" className={classes.name}>
          {tenantName}
        </span>
        <span className={classes.dim}>
          {invitedByName} invites you as {roleName} ·{" "}
          <time translate="no" dateTime={expiresAt} title={fullTime(expiresAt)}>
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
