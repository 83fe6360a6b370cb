import { Button, Tabs } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLock, IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { invitationsQuery } from "../invitations/queries.ts";
import { memberCountQuery } from "./queries.ts";
import { number } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { InvitationCreate } from "../invitations/invitation-create.tsx";
import { InvitationsList } from "../invitations/invitations-list.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { Members } from "./members.tsx";
import classes from "./people.module.css";

/** The people page, inside the settings. */
export const MembersSettingsPage = () => <PeoplePage title="Members" />;

export function PeoplePage({ title = "People" }: { title?: "People" | "Members" }) {
  const tenant = useTenant();
  usePageTitle(title, tenant.name);
  const [inviting, invite] = useDisclosure();
  const [params, setParams] = useSearchParams();
  const tab = tenant.can.invite && params.get("tab") === "invitations" ? "invitations" : "members";
  const open = (next: string | null) => setParams(next === "invitations" ? { tab: next } : {}, { replace: true });

  return (
    <div className={classes.page} data-framed={title === "Members"}>
      <header className={classes.head}>
        <h1>{title}</h1>
        <WithReason reason={tenant.can.invite ? null : `Your role, ${tenant.self.roleName}, can't invite people. An admin can.`}>
          <Button leftSection={<IconUserPlus size={18} />} onClick={invite.open}>
            Invite people
          </Button>
        </WithReason>
      </header>
      {tenant.can.invite ? (
        <Tabs value={tab} onChange={open} keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="members">
              Members <MemberCount />
            </Tabs.Tab>
            <Tabs.Tab value="invitations">
              Invitations <InvitationCount />
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="members">
            <MembersIfAllowed />
          </Tabs.Panel>
          <Tabs.Panel value="invitations">
            <InvitationsList />
          </Tabs.Panel>
        </Tabs>
      ) : (
        <MembersIfAllowed />
      )}
      <InvitationCreate opened={inviting} onClose={invite.close} onInvited={() => open("invitations")} />
    </div>
  );
}

function MembersIfAllowed() {
  const tenant = useTenant();
  if (tenant.can.viewMembers) return <Members />;
  return (
    <EmptyState icon={<IconLock />} title="You can't see the member list">
      Your role, {tenant.self.roleName}, doesn&apos;t allow it. An admin can change your role.
    </EmptyState>
  );
}

function MemberCount() {
  const { slug, can } = useTenant();
  const { data } = useQuery({ ...memberCountQuery(slug, {}), enabled: can.viewMembers });
  return <TabCount text={data === undefined ? null : number(data)} />;
}

function InvitationCount() {
  const { slug } = useTenant();
  const { data, hasNextPage } = useInfiniteQuery(invitationsQuery(slug));
  const shown = data?.pages.reduce((sum, { items }) => sum + items.length, 0);
  return <TabCount text={shown === undefined ? null : `${number(shown)}${hasNextPage ? "+" : ""}`} />;
}

function TabCount({ text }: { text: string | null }) {
  return (
    text !== null && (
      <span className={classes.tabCount} translate="no">
        {text}
      </span>
    )
  );
}
