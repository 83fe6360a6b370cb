import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { activityQuery } from "./queries.ts";
import { meQuery } from "../accounts/queries.ts";
import type { TenantActivity } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";

/** Activity in the person's other workspaces, by slug. The open one reports its own over the gateway. */
export function useActivityElsewhere(current: string | null): ReadonlyMap<string, TenantActivity> {
  const { data: me } = useQuery({ ...meQuery(), retry: false });
  const others = me?.tenants.some(({ slug, status }) => slug !== current && status === "active") ?? false;
  const { data } = useQuery({ ...activityQuery(), enabled: others });
  return useMemo(
    () =>
      new Map((others ? (data ?? []) : []).filter(({ slug }) => slug !== current).map((activity) => [activity.slug, activity])),
    [data, others, current],
  );
}

/** "Ada is talking in Ops"; null when nobody talks. */
export function talkingWords({ talking }: Pick<TenantActivity, "talking">): string | null {
  const [first, ...more] = talking;
  if (!first) return null;
  const who = first.isSelf ? "You are" : `${first.name} is`;
  return more.length === 0
    ? `${who} talking in ${first.channelName}`
    : `${who} talking in ${first.channelName}, ${more.length} more`;
}

export const invitationWords = (count: number) => counted(count, "invitation", "invitations");

/** "7"; "99+" from 100 on. */
export const newWords = (count: number) => (count > 99 ? "99+" : String(count));
