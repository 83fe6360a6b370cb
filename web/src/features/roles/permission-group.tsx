import { boundOf, type BuiltInRole, isAvailable, type Permission, whatItAllows } from "#contract/permissions.ts";
import { Checkbox } from "@mantine/core";
import { IconChevronDown, IconMinus, IconPlus } from "@tabler/icons-react";
import { useId } from "react";
import { capitalized } from "../../ui/capitalized.ts";
import { common, toggled, union, without } from "../../ui/sets.ts";
import { BUILT_IN_NAMES, diff, type PermissionEntry } from "./role-diff.ts";
import classes from "./roles.module.css";
import { missingFor } from "./useless-without.ts";

interface PermissionGroupProps {
  category: { name: string; entries: readonly PermissionEntry[]; shown: readonly PermissionEntry[] };
  held: ReadonlySet<Permission>;
  base: BuiltInRole;
  baseHolds: ReadonlySet<Permission>;
  /** Only a part of the category is shown, so it can't be chosen as a whole. */
  isFiltered: boolean;
  isOpen: boolean;
  onToggle: () => void;
  mayGrant: (permission: Permission) => boolean;
  onChange: (held: ReadonlySet<Permission>) => void;
}

export function PermissionGroup(props: PermissionGroupProps) {
  const { category, held, baseHolds, isFiltered, isOpen, onToggle, mayGrant, onChange } = props;
  const id = useId();
  const names = new Set(category.entries.map(({ name }) => name));
  const mine = common(held, names);
  const grantable = new Set([...names].filter((name) => isAvailable(name) && mayGrant(name)));
  const offered = new Set([...names].filter(isAvailable));
  // A category is fully chosen when all its available permissions are.
  const hasAll = without(offered.size > 0 ? offered : names, held).size === 0;
  const hasAllOfMine = without(grantable, held).size === 0;
  const { added, removed } = diff(common(baseHolds, names), mine);

  return (
    <section className={classes.group}>
      <div className={classes.groupHead}>
        {!isFiltered && (
          <Checkbox
            classNames={{ input: classes.input ?? "" }}
            aria-label={`All of ${category.name}`}
            checked={hasAll}
            indeterminate={mine.size > 0 && !hasAll}
            disabled={grantable.size === 0}
            onChange={() => onChange(hasAllOfMine ? without(held, grantable) : union(held, grantable))}
          />
        )}
        <h3>
          <button type="button" aria-expanded={isOpen} aria-controls={id} disabled={isFiltered} onClick={onToggle}>
            <span className={classes.groupName}>{category.name}</span>
            <span className={classes.dim}>
              {mine.size} of {names.size}
            </span>
            {offered.size === 0 && <span className={classes.dim}>Not available yet</span>}
            {added.length > 0 && <Mark kind="added">{added.length} more</Mark>}
            {removed.length > 0 && <Mark kind="removed">{removed.length} fewer</Mark>}
            {!isFiltered && <IconChevronDown size={18} aria-hidden className={classes.chevron} data-open={isOpen} />}
          </button>
        </h3>
      </div>
      <ul id={id} hidden={!isOpen} className={classes.permissions}>
        {category.shown.map((entry) => (
          <PermissionRow key={entry.name} entry={entry} {...props} />
        ))}
      </ul>
    </section>
  );
}

function PermissionRow({
  entry: { name, allows },
  held,
  base,
  baseHolds,
  mayGrant,
  onChange,
}: PermissionGroupProps & { entry: PermissionEntry }) {
  const isHeld = held.has(name);
  const needed = missingFor(name, held);
  const bound = boundOf(name);
  return (
    <li className={classes.permission}>
      <Checkbox
        classNames={{ label: classes.label ?? "", input: classes.input ?? "" }}
        attributes={{ label: { "data-held": isHeld } }}
        label={capitalized(allows)}
        description={
          <>
            <code>{name}</code>
            {bound !== null && ` · ${bound}`}
            {!isAvailable(name) && <span className={classes.notYet}> · Not available yet</span>}
            {isAvailable(name) && !mayGrant(name) && " · You can't give this: you don't have it yourself"}
            {needed !== null && isAvailable(name) && (
              <span className={classes.hintHere}> · Has no effect without “{whatItAllows(needed)}”</span>
            )}
          </>
        }
        checked={isHeld}
        // A permission that isn't available yet can still be removed.
        disabled={(!isAvailable(name) && !isHeld) || !mayGrant(name)}
        onChange={() => onChange(toggled(held, name))}
      />
      {isAvailable(name) && isHeld && !baseHolds.has(name) && <Mark kind="added">not in {BUILT_IN_NAMES[base]}</Mark>}
      {isAvailable(name) && !isHeld && baseHolds.has(name) && <Mark kind="removed">{BUILT_IN_NAMES[base]} has it</Mark>}
    </li>
  );
}

function Mark({ kind, children }: { kind: "added" | "removed"; children: React.ReactNode }) {
  const Icon = kind === "added" ? IconPlus : IconMinus;
  return (
    <span className={classes.mark} data-kind={kind}>
      <Icon size={14} aria-hidden /> {children}
    </span>
  );
}
