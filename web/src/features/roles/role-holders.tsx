import { Link } from "react-router";
import type { Role } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { usesWords } from "./role-words.ts";
import classes from "./roles.module.css";

/** Who has it, and what else hangs on it. */
export function RoleHolders({ role }: { role: Role }) {
  const { slug } = useTenant();
  const uses = usesWords(role.uses);
  return (
    <p className={classes.lead}>
      {uses === null ? "Nobody has it." : `${uses.charAt(0).toUpperCase()}${uses.slice(1)}.`}{" "}
      {role.uses.members > 0 && <Link to={paths.people(slug)}>Show who</Link>}
    </p>
  );
}
