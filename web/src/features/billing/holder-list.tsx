import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Member } from "../../api/types.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { fromNow } from "../../ui/time.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./billing.module.css";
import { licenceHoldersQuery } from "./queries.ts";

/** The holders of licences, the longest unseen first. For people who may see members. */
export function HolderList() {
  const { slug } = useTenant();
  const list = useInfiniteQuery(licenceHoldersQuery(slug));
  const members = list.data?.pages.flatMap(({ items }) => items) ?? [];
  if (list.isPending) return <Skeleton height={160} radius="lg" />;
  if (list.isError && members.length === 0) return <LoadFailure error={list.error} retry={() => void list.refetch()} />;
  return (
    <>
      <ul className={classes.holders} aria-label="People who take a licence, the longest unseen first">
        {members.map((member) => (
          <li key={member.memberId}>
            <span className={classes.holder}>
              <Name>{member.name}</Name>
              <span className={classes.dim}>{member.roleName}</span>
            </span>
            <LastSeen member={member} />
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button size="xs" variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more people
        </Button>
      )}
    </>
  );
}

function LastSeen({ member: { isConnected, lastSeenAt } }: { member: Member }) {
  const { fullTime } = useTimes();
  if (isConnected) return <span className={classes.dim}>here now</span>;
  if (lastSeenAt === null) return <span className={classes.dim}>never seen</span>;
  return (
    <span className={classes.dim} title={fullTime(lastSeenAt)}>
      seen {fromNow(lastSeenAt)}
    </span>
  );
}
