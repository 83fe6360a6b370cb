import { IconCheck, IconLayoutGrid, IconPlus, IconVolume } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { meQuery } from "../accounts/queries.ts";
import { myInvitationsQuery } from "../invitations/queries.ts";
import type { TenantActivity, TenantSummary } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { Chooser } from "../../ui/chooser.tsx";
import { search } from "../../ui/search.ts";
import { MyInvitations } from "../invitations/my-invitations.tsx";
import classes from "./tenant-switcher.module.css";
import { invitationWords, newWords, talkingWords, useActivityElsewhere } from "../my-tenants/use-activity.ts";
import { WorkspaceMark } from "../tenants/workspace-mark.tsx";

interface SwitcherPanelProps {
  /** Slug of the open workspace. */
  current: string | null;
  onDone: () => void;
}

export function SwitcherPanel({ current, onDone }: SwitcherPanelProps) {
  const { data: me } = useQuery(meQuery());
  const activity = useActivityElsewhere(current);
  const waiting = useQuery(myInvitationsQuery()).data?.length ?? 0;
  const [query, setQuery] = useState("");
  const found = search(query, inOrder(me?.tenants ?? [], current), ({ name, slug }) => `${name} ${slug}`);
  return (
    <>
      <Chooser
        label="Your workspaces"
        placeholder="Find a workspace"
        query={query}
        onQuery={setQuery}
        onChosen={onDone}
        none={query === "" ? "You have no workspaces yet." : `No workspace matches “${query}”.`}
        groups={[
          {
            label: "Last used first",
            choices: found.map((tenant) => ({
              id: tenant.slug,
              to: paths.board(tenant.slug),
              current: tenant.slug === current,
              content: <Row tenant={tenant} activity={activity.get(tenant.slug)} current={tenant.slug === current} />,
            })),
          },
        ]}
      >
        <MyInvitations query={query} onJoined={onDone} />
      </Chooser>
      <div className={classes.foot}>
        <Link to={paths.workspaces()} onClick={onDone}>
          <IconLayoutGrid size={18} aria-hidden /> All workspaces
          {waiting > 0 && <span className={classes.waiting}>{invitationWords(waiting)}</span>}
        </Link>
        <Link to={paths.newWorkspace()} onClick={onDone}>
          <IconPlus size={18} aria-hidden /> Create a workspace
        </Link>
      </div>
    </>
  );
}

/** The open workspace comes first, even if another tab used another one a moment ago. */
function inOrder(tenants: readonly TenantSummary[], current: string | null): TenantSummary[] {
  return [...tenants].sort((a, b) => Number(b.slug === current) - Number(a.slug === current));
}

function Row({ tenant, activity, current }: { tenant: TenantSummary; activity: TenantActivity | undefined; current: boolean }) {
  const talking = activity ? talkingWords(activity) : null;
  const fresh = activity?.newRecordings ?? 0;
  return (
    <>
      <WorkspaceMark {...tenant} />
      <span className={classes.label}>
        <span translate="no" className={classes.name} title={tenant.name}>
          {tenant.name}
        </span>
        {talking ? (
          <span translate="no" className={classes.elsewhere} data-talking>
            <IconVolume size={14} aria-hidden />
            <span>{talking}</span>
          </span>
        ) : (
          <span translate="no" className={classes.elsewhere}>
            {tenant.status === "suspended" ? "You're suspended here" : tenant.roleName}
          </span>
        )}
      </span>
      {fresh > 0 && (
        <span
          translate="no"
          className={classes.badge}
          aria-label={`${newWords(fresh)} new ${fresh === 1 ? "recording" : "recordings"}`}
          role="img"
        >
          {newWords(fresh)}
        </span>
      )}
      {current && <IconCheck size={18} aria-label="Open now" role="img" />}
    </>
  );
}
