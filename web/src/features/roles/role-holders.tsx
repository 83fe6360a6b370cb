import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { holdersQuery } from "../members/queries.ts";
import type { Role } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { people } from "../../ui/counted.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { usesWords } from "./role-words.ts";
import classes from "./roles.module.css";

/** How the role is used, and who has it. */
export function RoleHolders({ role }: { role: Role }) {
  const { slug, can } = useTenant();
  const { members } = role.uses;
  const holders = useQuery({ ...holdersQuery(slug, role.roleId), enabled: can.viewMembers && members > 0 });
  const uses = usesWords(role.uses);
  const shown = holders.data?.items ?? [];
  const more = members - shown.length;
  return (
    <>
      <p className={classes.lead}>{uses === null ? "Nobody has it." : `${capitalized(uses)}.`}</p>
      {shown.length > 0 && (
        <ul className={classes.holders} aria-label="Who has it">
          {shown.map(({ memberId, name, isSelf, status }) => (
            <li key={memberId}>
              <Avatar name={name} size={24} />
              {name}
              {isSelf && <span className={classes.dim}>(you)</span>}
              {status === "suspended" && <span className={classes.dim}>suspended</span>}
            </li>
          ))}
          <li className={classes.more}>
            <Link to={paths.peopleWithRole(slug, role.roleId)}>{more > 0 ? `${people(more)} more` : "Show in People"}</Link>
          </li>
        </ul>
      )}
    </>
  );
}
