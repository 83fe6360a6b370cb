import { boundOf, type BuiltInRole, type Permission, whatItAllows } from "#contract/permissions.ts";
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
  /** Then not all of the category is shown, and none of it can be chosen as a whole. */
  isFiltered: boolean;
  isOpen: boolean;
  onToggle: () => void;
  readOnly: boolean;
  mayGrant: (permission: Permission) => boolean;
  onChange: (held: ReadonlySet<Permission>) => void;
}

export function PermissionGroup(props: PermissionGroupProps) {
  const { category, held, baseHolds, isFiltered, isOpen, onToggle, readOnly, mayGrant, onChange } = props;
  const id = useId();
  const names = new Set(category.entries.map(({ name }) => name));
  const mine = common(held, names);
  const grantable = new Set([...names].filter(mayGrant));
  const hasAll = mine.size === names.size;
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
            disabled={readOnly || grantable.size === 0}
            onChange={() => onChange(hasAllOfMine ? without(held, grantable) : union(held, grantable))}
          />
        )}
        <h3>
          <button type="button" aria-expanded={isOpen} aria-controls={id} disabled={isFiltered} onClick={onToggle}>
            <span className={classes.groupName}>{category.name}</span>
            <span className={classes.dim}>
              {mine.size} of {names.size}
            </span>
            {added.length > 0 && <Mark kind="added">{added.length} more</Mark>}
            {removed.length > 0 && <Mark kind="removed">{removed.length} less</Mark>}
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
  readOnly,
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
            {!readOnly && !mayGrant(name) && " · You can't give this: you don't have it yourself"}
            {needed !== null && <span className={classes.hintHere}> · Of no use without “{whatItAllows(needed)}”</span>}
          </>
        }
        checked={isHeld}
        disabled={readOnly || !mayGrant(name)}
        onChange={() => onChange(toggled(held, name))}
      />
      {isHeld && !baseHolds.has(name) && <Mark kind="added">not in {BUILT_IN_NAMES[base]}</Mark>}
      {!isHeld && baseHolds.has(name) && <Mark kind="removed">{BUILT_IN_NAMES[base]} has it</Mark>}
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
