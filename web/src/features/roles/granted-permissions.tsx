import { boundOf, isAvailable, type Permission, PERMISSION_CATEGORIES } from "#contract/permissions.ts";
import { IconCheck, IconClock } from "@tabler/icons-react";
import { useId } from "react";
import { capitalized } from "../../ui/capitalized.ts";
import type { PermissionEntry } from "./role-diff.ts";
import classes from "./roles.module.css";

/** The permissions of a role, for people who can't change it. */
export function GrantedPermissions({ held }: { held: ReadonlySet<Permission> }) {
  const categories = PERMISSION_CATEGORIES.map(({ name, entries }) => ({
    name,
    granted: entries.filter((entry) => held.has(entry.name)),
  }));
  const emptyCategories = categories.filter(({ granted }) => granted.length === 0).map(({ name }) => name);
  return (
    <section aria-labelledby="granted">
      <h2 id="granted" className={classes.grantedTitle}>
        What it allows
      </h2>
      {emptyCategories.length === categories.length ? (
        <p className={classes.dim}>Nothing: people with this role can only open the workspace.</p>
      ) : (
        <>
          <div className={classes.granted}>
            {categories.map(({ name, granted }) => granted.length > 0 && <Category key={name} name={name} granted={granted} />)}
          </div>
          {emptyCategories.length > 0 && <p className={classes.hint}>It has no permissions in: {emptyCategories.join(", ")}.</p>}
        </>
      )}
    </section>
  );
}

function Category({ name, granted }: { name: string; granted: readonly PermissionEntry[] }) {
  const id = useId();
  return (
    <div className={classes.grantedGroup}>
      <h3 id={id}>{name}</h3>
      <ul aria-labelledby={id}>
        {granted.map((entry) => {
          const bound = boundOf(entry.name);
          const isThere = isAvailable(entry.name);
          return (
            <li key={entry.name} data-available={isThere}>
              {isThere ? <IconCheck size={18} aria-hidden /> : <IconClock size={18} aria-hidden />}
              <span>
                {capitalized(entry.allows)}
                {!isThere && " · Not available yet"}
                {isThere && bound !== null && <span className={classes.dim}> · {bound}</span>}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
