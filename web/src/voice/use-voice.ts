import { createContext, use, useSyncExternalStore } from "react";
import type { VoiceClient } from "./client.ts";
import type { VoiceState } from "./model.ts";

export const VoiceContext = createContext<VoiceClient | null>(null);

/** @throws outside a VoiceProvider */
export function useVoiceClient(): VoiceClient {
  const client = use(VoiceContext);
  if (!client) throw new Error("useVoiceClient is used outside a VoiceProvider");
  return client;
}

/** A part of the voice state. The selector must return a value of the state, not a new object, or React renders without end. */
export function useVoice<Part>(select: (state: VoiceState) => Part): Part {
  const client = useVoiceClient();
  return useSyncExternalStore(client.watch, () => select(client.state()));
}
