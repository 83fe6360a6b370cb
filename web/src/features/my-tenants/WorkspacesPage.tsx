import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { IconLayoutGrid, IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { meQuery } from "../accounts/queries.ts";
import { myTenantsQuery } from "./queries.ts";
import { paths } from "../../paths.ts";
import { Address } from "../../ui/address.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { search } from "../../ui/search.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { MyInvitations } from "../invitations/my-invitations.tsx";
import { PlainFrame } from "../page-frames/plain-frame.tsx";
import { useActivityElsewhere } from "./use-activity.ts";
import classes from "./workspaces.module.css";
import { WorkspacesTable } from "./workspaces-table.tsx";
import { inSortOrder, type SortOrder, summary, withOverview } from "./workspaces-view.ts";

/** All workspaces of a person at a glance, for people who look after many. */
export function WorkspacesPage() {
  usePageTitle("Workspaces");
  const { data: me } = useQuery(meQuery());
  const overview = useQuery(myTenantsQuery());
  const activity = useActivityElsewhere(null);
  const [query, setQuery] = useState("");
  const [order, setOrder] = useState<SortOrder>("attention");

  const all = withOverview(me?.tenants ?? [], overview.data, activity);
  const shown = search(query, inSortOrder(order, all), ({ name, slug }) => `${name} ${slug}`);

  return (
    <PlainFrame wide>
      <header className={classes.head}>
        <div>
          <h1>Workspaces</h1>
          {all.length > 0 && (
            <p className={classes.summary} role="status">
              {summary(all)}
            </p>
          )}
        </div>
        <Button component={Link} to={paths.newWorkspace()} leftSection={<IconPlus size={18} />}>
          Create a workspace
        </Button>
      </header>
      <div className={classes.invitations}>
        <MyInvitations />
      </div>
      {me && all.length === 0 && (
        <EmptyState icon={<IconLayoutGrid />} title="No workspaces yet">
          Create one for your team, or ask someone to invite <Address>{me.account.email}</Address>: the invitation will appear
          here.
        </EmptyState>
      )}
      {overview.isError && !overview.data && <LoadFailure error={overview.error} retry={() => void overview.refetch()} />}
      {all.length > 1 && (
        <div className={classes.tools}>
          <TextInput
            aria-label="Find a workspace"
            placeholder="Find a workspace"
            size="sm"
            leftSection={<IconSearch size={18} aria-hidden />}
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
          <SegmentedControl
            aria-label="Order"
            size="sm"
            value={order}
            onChange={(value) => setOrder(value)}
            data={[
              { value: "attention", label: "Needs attention" },
              { value: "used", label: "Last used" },
              { value: "name", label: "Name" },
            ]}
          />
        </div>
      )}
      {shown.length > 0 && <WorkspacesTable workspaces={shown} />}
      {all.length > 0 && shown.length === 0 && (
        <p className={classes.summary} role="status">
          No workspace matches “{query}”.
        </p>
      )}
    </PlainFrame>
  );
}
