import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { keys, tenantQuery } from "../api/queries.ts";
import { paths } from "../paths.ts";
import { type Change, makeVoiceClient, type VoiceClient } from "./client.ts";
import { VoiceContext } from "./use-voice.ts";

interface VoiceProviderProps {
  slug: string;
  memberId: string;
  children: React.ReactNode;
}

/** The voice connection of the workspace that is open: begins with its pages and ends with them. A workspace that moves keeps it. */
export function VoiceProvider({ slug, memberId, children }: VoiceProviderProps) {
  const queries = useQueryClient();
  const [client, setClient] = useState<VoiceClient | null>(null);

  const currentSlug = useEffectEvent(() => slug);

  useEffect(() => {
    const invalidate = (queryKey: readonly unknown[]) => void queries.invalidateQueries({ queryKey });
    const made = makeVoiceClient({
      url: () => paths.gateway(currentSlug(), window.location),
      memberId,
      onChanged: (change) => {
        const { member } = change;
        // At once: when a thousand people's role was changed, answers to all of their pages take a while.
        if (member) queries.setQueryData(tenantQuery(currentSlug()).queryKey, (tenant) => tenant && { ...tenant, ...member });
        for (const key of keysOf(currentSlug(), change)) invalidate(key);
      },
      onReconnected: () => invalidate(keys.workspace(currentSlug())),
      // The socket cannot say why it was refused; the workspace's own answer does, and sends to sign-in or not found.
      onDisconnected: () => invalidate(keys.tenant(currentSlug())),
    });
    made.start();
    setClient(made);
    return () => made.close();
  }, [queries, memberId]);

  return client && <VoiceContext value={client}>{children}</VoiceContext>;
}

function keysOf(slug: string, change: Change): (readonly unknown[])[] {
  switch (change.what) {
    case "self":
      // What one may do comes with each resource, and the role's name with the list of workspaces.
      return [keys.workspace(slug), keys.me];
    case "tenant":
      // A role that changed is in all of it: what one may do comes with each resource.
      return [keys.workspace(slug), keys.me];
    case "channels":
      return [keys.channels(slug), keys.accessReviews(slug)];
    case "members":
      // Roles tell how many have them, an access review what each may do now.
      return [keys.members(slug), keys.roles(slug), keys.accessReviews(slug)];
    case "roles":
      // Members and invitations show their names. Whose own it is hears of it as `self`.
      return [keys.roles(slug), keys.members(slug), keys.invitations(slug), keys.accessReviews(slug)];
    case "accessReviews":
      return [keys.accessReviews(slug)];
    case "exports":
      return [keys.exports(slug)];
    case "invitations":
      return [keys.invitations(slug), keys.roles(slug), keys.accessReviews(slug)];
    case "transmissions":
      return [keys.transmissions(slug, change.channelId)];
  }
}
