import { CloseButton, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { rolesQuery } from "../roles/queries.ts";
import { number } from "../../ui/counted.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./people.module.css";
import type { MemberViewState } from "./use-member-view.ts";

export function MemberFilters({ view, change }: MemberViewState) {
  const { slug, can } = useTenant();
  const { data: roles = [] } = useQuery({ ...rolesQuery(slug), enabled: can.viewRoles });
  const [typed, setTyped] = useState(view.search ?? "");
  const search = useDebouncedCallback((value: string) => change({ search: value }), 200);

  // The search can also change by a link, or when the filters are cleared.
  useEffect(() => setTyped((now) => (now.trim() === (view.search ?? "") ? now : (view.search ?? ""))), [view.search]);

  function type(value: string) {
    setTyped(value);
    search(value);
  }

  return (
    <div className={classes.filters} role="search" aria-label="Members">
      <TextInput
        className={classes.search}
        aria-label="Search members"
        placeholder={can.viewContacts ? "Name or email" : "Name"}
        leftSection={<IconSearch size={18} aria-hidden />}
        rightSection={typed !== "" && <CloseButton aria-label="Clear the search" onClick={() => type("")} />}
        rightSectionPointerEvents="auto"
        maxLength={100}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
      />
      {can.viewRoles && (
        <Select
          className={classes.filter}
          aria-label="Filter by role"
          data={[
            { value: "", label: "Any role" },
            ...roles.map(({ roleId, name, uses }) => ({ value: roleId, label: `${name} (${number(uses.members)})` })),
          ]}
          value={view.roleId ?? ""}
          onChange={(role) => change({ role })}
        />
      )}
      <Select
        className={classes.filter}
        aria-label="Filter by state"
        data={[
          { value: "", label: "Any state" },
          { value: "connected", label: "Connected now" },
          { value: "active", label: "Active" },
          { value: "suspended", label: "Suspended" },
        ]}
        value={view.presence ?? view.status ?? ""}
        onChange={(state) =>
          change(state === "connected" ? { presence: state, status: null } : { presence: null, status: state })
        }
      />
    </div>
  );
}
