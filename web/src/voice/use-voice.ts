import { createContext, use, useSyncExternalStore } from "react";
import type { VoiceClient } from "./client.ts";
import type { VoiceState } from "./state.ts";

export const VoiceContext = createContext<VoiceClient | null>(null);

export function useVoiceClient(): VoiceClient {
  const client = use(VoiceContext);
  if (!client) throw new Error("Voice is used outside of an open workspace");
  return client;
}

/** A part of the voice state. The selector must return something stable: a value of the state, not a new object. */
export function useVoice<Part>(select: (state: VoiceState) => Part): Part {
  const client = useVoiceClient();
  return useSyncExternalStore(client.watch, () => select(client.state()));
}
