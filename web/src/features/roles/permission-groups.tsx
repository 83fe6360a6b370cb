import {
  BUILT_IN_ROLES,
  builtInPermissions,
  type BuiltInRole,
  type Permission,
  PERMISSION_CATEGORIES,
} from "#contract/permissions.ts";
import { Button, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { differing, toggled } from "../../ui/sets.ts";
import { PermissionGroup } from "./permission-group.tsx";
import { BUILT_IN_NAMES, diff, matches } from "./role-diff.ts";
import classes from "./roles.module.css";

interface PermissionGroupsProps {
  held: ReadonlySet<Permission>;
  /** At first. */
  compareWith: BuiltInRole;
  readOnly: boolean;
  mayGrant: (permission: Permission) => boolean;
  onChange: (held: ReadonlySet<Permission>) => void;
}

/** All permissions by category, with a search and what differs from a built-in role. */
export function PermissionGroups({ held, compareWith, readOnly, mayGrant, onChange }: PermissionGroupsProps) {
  const [search, setSearch] = useState("");
  const [base, setBase] = useState(compareWith);
  const [onlyDiffering, setOnlyDiffering] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () =>
      new Set(PERMISSION_CATEGORIES.filter(({ entries }) => entries.some(({ name }) => held.has(name))).map(({ name }) => name)),
  );

  const baseHolds = builtInPermissions(base);
  const differs = differing(held, baseHolds);
  const { added, removed } = diff(baseHolds, held);
  const isFiltered = search.trim() !== "" || onlyDiffering;
  const shown = PERMISSION_CATEGORIES.map((category) => ({
    ...category,
    shown: category.entries.filter((entry) => matches(entry, search.trim()) && (!onlyDiffering || differs.has(entry.name))),
  })).filter((category) => category.shown.length > 0);
  const allOpen = open.size === PERMISSION_CATEGORIES.length;

  return (
    <section aria-labelledby="permissions">
      <header className={classes.head}>
        <h2 id="permissions">What it allows</h2>
        {!isFiltered && (
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => setOpen(new Set(allOpen ? [] : PERMISSION_CATEGORIES.map(({ name }) => name)))}
          >
            {allOpen ? "Close all" : "Open all"}
          </Button>
        )}
      </header>
      <div className={classes.tools}>
        <TextInput
          aria-label="Search permissions"
          placeholder="Search permissions"
          leftSection={<IconSearch size={18} aria-hidden />}
          type="search"
          value={search}
          // It searches; the form that it is in is saved by its button.
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <div className={classes.compare}>
          <span id="compare">Compare with</span>
          <SegmentedControl
            aria-labelledby="compare"
            data={BUILT_IN_ROLES.map((role) => ({ value: role, label: BUILT_IN_NAMES[role] }))}
            value={base}
            onChange={setBase}
          />
          <Switch
            label="Only what differs"
            checked={onlyDiffering}
            onChange={(event) => setOnlyDiffering(event.currentTarget.checked)}
          />
        </div>
        <p className={classes.dim} role="status">
          {differs.size === 0
            ? `It allows the same as ${BUILT_IN_NAMES[base]}.`
            : `Compared with ${BUILT_IN_NAMES[base]}: ${added.length} more, ${removed.length} less.`}
        </p>
      </div>
      {shown.length === 0 && (
        <p className={classes.nothing}>
          {onlyDiffering && search.trim() === "" ? "Nothing differs." : `No permission matches “${search.trim()}”.`}
        </p>
      )}
      {shown.map((category) => (
        <PermissionGroup
          key={category.name}
          category={category}
          held={held}
          base={base}
          baseHolds={baseHolds}
          isFiltered={isFiltered}
          isOpen={isFiltered || open.has(category.name)}
          onToggle={() => setOpen(toggled(open, category.name))}
          readOnly={readOnly}
          mayGrant={mayGrant}
          onChange={onChange}
        />
      ))}
    </section>
  );
}
