import { Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLock, IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { membersQuery } from "../../api/queries.ts";
import type { Member } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { initials } from "../../ui/initials.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { InvitationCreate } from "../invitations/invitation-create.tsx";
import { InvitationsList } from "../invitations/invitations-list.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./people.module.css";

export function PeoplePage() {
  const tenant = useTenant();
  usePageTitle("People", tenant.name);
  const members = useInfiniteQuery({ ...membersQuery(tenant.slug), enabled: tenant.can.viewMembers });
  const [inviting, invite] = useDisclosure();
  const items = members.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <h1>People</h1>
        <WithReason reason={tenant.can.invite ? null : `Your role, ${tenant.self.roleName}, can't invite people. An admin can.`}>
          <Button leftSection={<IconUserPlus size={18} />} onClick={invite.open}>
            Invite someone
          </Button>
        </WithReason>
      </header>
      {!tenant.can.viewMembers && (
        <EmptyState icon={<IconLock />} title="The member list is hidden from you">
          Your role, {tenant.self.roleName}, doesn&apos;t show it. An admin can change your role.
        </EmptyState>
      )}
      {members.isLoading && <Skeleton height={112} radius="lg" />}
      {members.isError && items.length === 0 && <LoadFailure error={members.error} retry={() => void members.refetch()} />}
      {items.length > 0 && <MembersTable members={items} />}
      {members.hasNextPage && (
        <Button variant="subtle" mt="md" loading={members.isFetchingNextPage} onClick={() => void members.fetchNextPage()}>
          Show more people
        </Button>
      )}
      {tenant.can.invite && <InvitationsList />}
      <InvitationCreate opened={inviting} onClose={invite.close} />
    </div>
  );
}

function MembersTable({ members }: { members: Member[] }) {
  const { dateWords, fullTime } = useTimes();
  return (
    <table className={classes.table}>
      <caption className={classes.caption}>Members</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col" className={classes.wide}>
            Joined
          </th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr key={member.memberId}>
            <th scope="row" aria-label={member.name}>
              <span className={classes.person}>
                <span className={classes.avatar} aria-hidden>
                  {initials(member.name)}
                </span>
                <span className={classes.text}>
                  <span className={classes.name}>
                    {member.name}
                    {member.isSelf && <span className={classes.dim}> (you)</span>}
                  </span>
                  {member.email !== null && <span className={classes.dim}>{member.email}</span>}
                </span>
              </span>
            </th>
            <td>
              {member.roleName}
              {member.isOwner && <span className={classes.dim}> · Owner</span>}
              {member.status === "suspended" && <span className={classes.dim}> · Suspended</span>}
            </td>
            <td className={classes.wide} title={fullTime(member.joinedAt)}>
              {dateWords(member.joinedAt)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
