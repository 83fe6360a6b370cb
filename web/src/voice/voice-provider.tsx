import { type QueryFilters, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { answerOf } from "../api/operation.ts";
import { ofWorkspace, outdatedBy, showing } from "../api/outdated.ts";
import type { Tenant } from "../api/types.ts";
import { paths } from "../paths.ts";
import { makeVoiceClient, type VoiceClient } from "./client.ts";
import { VoiceContext } from "./use-voice.ts";

interface VoiceProviderProps {
  slug: string;
  memberId: string;
  children: React.ReactNode;
}

/** Holds the voice connection of the open workspace while its pages are shown. A change of slug does not interrupt it. */
export function VoiceProvider({ slug, memberId, children }: VoiceProviderProps) {
  const queries = useQueryClient();
  const [client, setClient] = useState<VoiceClient | null>(null);

  const currentSlug = useEffectEvent(() => slug);

  useEffect(() => {
    const askAgain = (filters: QueryFilters) => void queries.invalidateQueries(filters);
    const voiceClient = makeVoiceClient({
      url: () => paths.gateway(currentSlug(), window.location),
      memberId,
      onChanged: (change) => {
        const { member } = change;
        // Without a request: when the role of a thousand people changes, the answers to all their pages take a while.
        if (member) {
          const { queryKey } = answerOf("GET /api/v1/tenants/{slug}", { path: { slug: currentSlug() } });
          queries.setQueryData<Tenant>(queryKey, (tenant) => tenant && { ...tenant, ...member });
        }
        for (const filters of outdatedBy(currentSlug(), change)) askAgain(filters);
      },
      onReconnected: () => askAgain(ofWorkspace(currentSlug())),
      // The socket cannot say why it was refused. The workspace's query can: WorkspaceLayout shows sign-in or "not found".
      onDisconnected: () => askAgain(showing(currentSlug(), "tenant")),
    });
    voiceClient.start();
    setClient(voiceClient);
    return () => voiceClient.close();
  }, [queries, memberId]);

  return client && <VoiceContext value={client}>{children}</VoiceContext>;
}
