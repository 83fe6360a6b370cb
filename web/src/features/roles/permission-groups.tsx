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
import { toggled, union } from "../../ui/sets.ts";
import { PermissionGroup } from "./permission-group.tsx";
import { BUILT_IN_NAMES, diff, matches } from "./role-diff.ts";
import classes from "./roles.module.css";

interface PermissionGroupsProps {
  held: ReadonlySet<Permission>;
  /** The built-in role that is compared with at first. */
  compareWith: BuiltInRole;
  mayGrant: (permission: Permission) => boolean;
  onChange: (held: ReadonlySet<Permission>) => void;
}

/** All permissions by category, with a search and a comparison with a built-in role. */
export function PermissionGroups({ held, compareWith, mayGrant, onChange }: PermissionGroupsProps) {
  const [search, setSearch] = useState("");
  const [base, setBase] = useState(compareWith);
  const [onlyDiffering, setOnlyDiffering] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () =>
      new Set(PERMISSION_CATEGORIES.filter(({ entries }) => entries.some(({ name }) => held.has(name))).map(({ name }) => name)),
  );

  const baseHolds = builtInPermissions(base);
  const { added, removed } = diff(baseHolds, held);
  const differs = union(new Set(added), removed);
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
          // Enter in the search must not submit the form around it.
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
            label="Only differences"
            checked={onlyDiffering}
            onChange={(event) => setOnlyDiffering(event.currentTarget.checked)}
          />
        </div>
        <p className={classes.dim} role="status">
          {differs.size === 0
            ? `It allows the same as ${BUILT_IN_NAMES[base]}.`
            : `Compared with ${BUILT_IN_NAMES[base]}: ${added.length} more, ${removed.length} fewer.`}
        </p>
      </div>
      {shown.length === 0 && (
        <p className={classes.nothing}>
          {onlyDiffering && search.trim() === "" ? "Nothing differs." : `No matches for “${search.trim()}”. Try fewer letters.`}
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
          mayGrant={mayGrant}
          onChange={onChange}
        />
      ))}
    </section>
  );
}
