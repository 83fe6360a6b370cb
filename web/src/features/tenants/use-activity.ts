import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { activityQuery, meQuery } from "../../api/queries.ts";
import type { TenantActivity } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";

/** What goes on in one's other workspaces, by slug; the one that is open tells that itself, at once. */
export function useActivityElsewhere(current: string | null): ReadonlyMap<string, TenantActivity> {
  const { data: me } = useQuery({ ...meQuery(), retry: false });
  const others = me?.tenants.some(({ slug, status }) => slug !== current && status === "active") ?? false;
  const { data } = useQuery({ ...activityQuery(), enabled: others });
  return useMemo(
    () => new Map((others ? (data ?? []) : []).filter(({ slug }) => slug !== current).map((of) => [of.slug, of])),
    [data, others, current],
  );
}

/** "Ada is talking in Ops". Null when nobody does. */
export function talkingWords({ talking }: Pick<TenantActivity, "talking">): string | null {
  const [first, ...more] = talking;
  if (!first) return null;
  const who = first.isSelf ? "You are" : `${first.name} is`;
  return more.length === 0
    ? `${who} talking in ${first.channelName}`
    : `${who} talking in ${first.channelName}, ${more.length} more`;
}

export const invitationWords = (count: number) => counted(count, "invitation", "invitations");

/** From a hundred on nobody counts. */
export const newWords = (count: number) => (count > 99 ? "99+" : String(count));
