import { IconAlertTriangle, IconVolume } from "@tabler/icons-react";
import { Link } from "react-router";
import type { TenantActivity } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { number } from "../../ui/counted.ts";
import { useKeyboardRows } from "../../ui/use-keyboard-rows.ts";
import { standingWords } from "../billing/billing-words.ts";
import { adviceOn } from "./attention.ts";
import { newWords, talkingWords } from "./use-activity.ts";
import { WorkspaceMark } from "../tenants/workspace-mark.tsx";
import classes from "./workspaces.module.css";
import type { WorkspaceView } from "./workspaces-view.ts";

/** A table of workspaces; at phone width each row is a card. */
export function WorkspacesTable({ workspaces }: { workspaces: WorkspaceView[] }) {
  const rows = useKeyboardRows(workspaces.map(({ tenantId }) => tenantId));
  const showsBilling = workspaces.some(({ overview }) => overview !== null && overview.billing !== null);
  return (
    <table className={classes.table}>
      <caption className={classes.caption}>Your workspaces</caption>
      <thead>
        <tr>
          <th scope="col">Workspace</th>
          <th scope="col" className={classes.number}>
            Members
          </th>
          <th scope="col" className={classes.number}>
            Channels
          </th>
          <th scope="col">Now</th>
          {showsBilling && <th scope="col">Billing</th>}
          <th scope="col">Needs attention</th>
        </tr>
      </thead>
      <tbody {...rows.list}>
        {workspaces.map((workspace) => (
          <Row
            key={workspace.tenantId}
            workspace={workspace}
            showsBilling={showsBilling}
            tabIndex={rows.tabIndexOf(workspace.tenantId)}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  workspace: WorkspaceView;
  showsBilling: boolean;
  /** The tab index of all links of the row. */
  tabIndex: 0 | -1;
}

function Row({ workspace, showsBilling, tabIndex }: RowProps) {
  const { tenantId, slug, name, roleName, logoId, accentColour, overview, activity } = workspace;
  return (
    <tr data-row={tenantId}>
      <th scope="row">
        <Link to={paths.board(slug)} tabIndex={tabIndex} className={classes.workspace}>
          <WorkspaceMark name={name} tenantId={tenantId} slug={slug} logoId={logoId} accentColour={accentColour} />
          <span className={classes.text}>
            <span translate="no" className={classes.name}>
              {name}
            </span>
            <span className={classes.dim}>{roleName}</span>
          </span>
        </Link>
      </th>
      <Count value={overview?.members} one="member" many="members" roleName={roleName} known={overview?.access === "open"} />
      <Count value={overview?.channels} one="channel" many="channels" roleName={roleName} known={overview?.access === "open"} />
      <td>{activity && <Now activity={activity} />}</td>
      {showsBilling && <td className={classes.dim}>{overview?.billing && standingWords(overview.billing)}</td>}
      <td>
        <Attention workspace={workspace} tabIndex={tabIndex} />
      </td>
    </tr>
  );
}

interface CountProps {
  value: number | null | undefined;
  one: string;
  many: string;
  roleName: string;
  /** The overview is loaded, so a missing value means that this person may not see it. */
  known: boolean;
}

function Count({ value, one, many, roleName, known }: CountProps) {
  const hidden = known && value === null ? `Your role, ${roleName}, doesn't let you see this` : undefined;
  return (
    <td className={classes.number} title={hidden}>
      {typeof value === "number" ? number(value) : <span aria-label={hidden ?? "Unknown"}>–</span>}
      <span className={classes.unit}> {value === 1 ? one : many}</span>
    </td>
  );
}

function Now({ activity }: { activity: TenantActivity }) {
  const talking = talkingWords(activity);
  const fresh = activity.newRecordings;
  if (!talking && fresh === 0) return <span className={classes.dim}>Quiet</span>;
  return (
    <span className={classes.text}>
      {talking && (
        <span className={classes.talking}>
          <IconVolume size={16} aria-hidden /> {talking}
        </span>
      )}
      {fresh > 0 && (
        <span className={classes.dim}>
          {newWords(fresh)} new {fresh === 1 ? "recording" : "recordings"}
        </span>
      )}
    </span>
  );
}

function Attention({ workspace: { slug, status, overview }, tabIndex }: Pick<RowProps, "workspace" | "tabIndex">) {
  if (status === "suspended" || overview?.access === "suspended") {
    return <span className={classes.dim}>You're suspended here. Ask an admin.</span>;
  }
  if (overview?.access === "sso_required") return <span className={classes.dim}>It requires single sign-on.</span>;
  if (overview?.access === "unavailable") return <span className={classes.dim}>This can&apos;t be shown right now.</span>;
  if (overview?.access === "mfa_required") return <span className={classes.dim}>It requires two-step verification.</span>;
  if (overview?.access === "session_expired_here") return <span className={classes.dim}>Confirm there that it&apos;s you.</span>;
  if (!overview) return null;
  if (overview.attention.length === 0) return <span className={`${classes.dim} ${classes.nothing}`}>Nothing</span>;
  return (
    <ul className={classes.items}>
      {overview.attention.map((item) => {
        const { says, why, to } = adviceOn(item, slug);
        return (
          <li key={item.kind}>
            <Link to={to} tabIndex={tabIndex} title={why}>
              <IconAlertTriangle size={16} aria-hidden /> {says}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
