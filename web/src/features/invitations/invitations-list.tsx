import { Button, Modal, Skeleton, TextInput, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconLink } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { invitationsQuery, keys } from "../../api/queries.ts";
import type { Invitation } from "../../api/types.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { fromNow, fullTime } from "../../ui/time.ts";
import classes from "../members/people.module.css";
import { useTenant } from "../tenants/tenant-context.ts";

export function InvitationsList() {
  const { slug } = useTenant();
  const list = useInfiniteQuery(invitationsQuery(slug));
  const [link, setLink] = useState<string | null>(null);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={classes.section} aria-labelledby="invitations">
      <h2 id="invitations">Invitations</h2>
      {list.isPending && <Skeleton height={64} radius="lg" />}
      {list.isError && items.length === 0 && <LoadFailure error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <p className={classes.none}>Nobody is invited right now.</p>}
      {items.length > 0 && (
        <ul className={classes.rows}>
          {items.map((invitation) => (
            <Row key={invitation.invitationId} invitation={invitation} showLink={setLink} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button variant="subtle" mt="md" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more invitations
        </Button>
      )}
      <Modal opened={link !== null} onClose={() => setLink(null)} title="Copy this link">
        <TextInput
          label="Invitation link"
          description="Your browser didn't allow copying. Select it and copy it by hand."
          readOnly
          value={link ?? ""}
          onFocus={(event) => event.currentTarget.select()}
          data-autofocus
        />
      </Modal>
    </section>
  );
}

function Row({ invitation, showLink }: { invitation: Invitation; showLink: (url: string) => void }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { invitationId, email, roleName, invitedByName, expiresAt, status } = invitation;
  const expired = status === "expired";
  const path = { slug, invitationId };
  const fail = (error: unknown) => void notifications.show({ color: "brick", message: words(error) });

  const copy = useMutation({
    mutationFn: () => call(api.GET("/api/v1/tenants/{slug}/invitations/{invitationId}/link", { params: { path } })),
    onSuccess: async ({ url }) => {
      try {
        await navigator.clipboard.writeText(url);
        notifications.show({ message: "Link copied. Hand it to the person it is for." });
      } catch {
        showLink(url);
      }
    },
    onError: fail,
  });
  const revoke = useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/tenants/{slug}/invitations/{invitationId}", { params: { path } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.invitations(slug) }),
    onError: fail,
  });
  const whom = email ?? "this person";

  return (
    <li>
      <span className={classes.text}>
        <span className={classes.name}>{email ?? "Address hidden"}</span>
        <span className={classes.dim}>
          {roleName} · invited by {invitedByName} ·{" "}
          <time dateTime={expiresAt} title={fullTime(expiresAt)}>
            {expired ? `expired ${fromNow(expiresAt)}` : `expires ${fromNow(expiresAt)}`}
          </time>
        </span>
      </span>
      <span className={classes.actions}>
        {!expired && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconLink size={16} />}
            loading={copy.isPending}
            onClick={() => copy.mutate()}
          >
            Copy link<VisuallyHidden> for {whom}</VisuallyHidden>
          </Button>
        )}
        <Button size="xs" variant="subtle" color="brick" loading={revoke.isPending} onClick={() => revoke.mutate()}>
          Withdraw<VisuallyHidden> the invitation of {whom}</VisuallyHidden>
        </Button>
      </span>
    </li>
  );
}
