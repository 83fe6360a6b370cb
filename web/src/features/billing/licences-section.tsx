import { Button, Progress, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Licences } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { counted, number, people } from "../../ui/counted.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { isLimited } from "./billing-words.ts";
import classes from "./billing.module.css";
import { HolderList } from "./holder-list.tsx";
import { licencesQuery } from "./queries.ts";

/** The number of licences, and their holders. */
export function LicencesSection() {
  const { slug, can } = useTenant();
  const { data: licences, ...query } = useQuery(licencesQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="licences">
      <h2 id="licences">Licences</h2>
      <p className={settings.hint}>
        Every active member takes one, viewers and the owner too. An open invitation reserves one. Suspended people take none.
      </p>
      {query.isPending && <Skeleton height={64} radius="lg" />}
      {query.isError && !licences && <LoadFailure error={query.error} retry={() => void query.refetch()} />}
      {licences && <Numbers licences={licences} />}
      {licences && can.viewMembers && <Holders used={licences.used} />}
    </section>
  );
}

function Numbers({ licences: { limit: most, used, reserved, left } }: { licences: Licences }) {
  const limit = isLimited(most) ? most : null;
  const { slug, can } = useTenant();
  const share = (count: number) => (limit === null || limit === 0 ? 0 : Math.min(100, (count / limit) * 100));
  const reservedShare = Math.min(100 - share(used), share(reserved));
  const invitations = counted(reserved, "open invitation", "open invitations");
  return (
    <div className={classes.licences}>
      {limit !== null && (
        <Progress.Root size="lg" aria-hidden>
          <Progress.Section value={share(used)} />
          <Progress.Section value={reservedShare} className={classes.reserved} />
        </Progress.Root>
      )}
      <dl className={classes.numbers}>
        <div>
          <dt>Used</dt>
          <dd>
            {number(used)}
            {limit !== null && <span className={classes.dim}> of {number(limit)}</span>}
          </dd>
        </div>
        <div>
          <dt>Reserved</dt>
          <dd>
            {number(reserved)}
            {reserved > 0 && (
              <span className={classes.dim}>
                {" by "}
                {can.invite ? <Link to={paths.settingsInvitations(slug)}>{invitations}</Link> : invitations}
              </span>
            )}
          </dd>
        </div>
        <div>
          <dt>Left</dt>
          <dd>{limit === null || left === null ? "No limit" : number(left)}</dd>
        </div>
      </dl>
    </div>
  );
}

function Holders({ used }: { used: number }) {
  const { slug } = useTenant();
  const [opened, { toggle }] = useDisclosure();
  return (
    <div>
      <div className={classes.holdersHead}>
        <Button size="xs" variant="default" aria-expanded={opened} onClick={toggle}>
          {opened ? "Hide who takes one" : `Show who takes one: ${people(used)}`}
        </Button>
        <Link to={paths.membersUnseenFirst(slug)}>Manage in Members</Link>
      </div>
      {opened && <HolderList />}
    </div>
  );
}
