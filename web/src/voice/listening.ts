import type { ClientMessage } from "#contract/gateway.ts";
import type { VoiceState } from "./model.ts";

/** Whether the browser plays sound, and the channels that this person muted or turned down to 0, as one string to compare. */
export function listeningOf({ soundBlocked, wanted, volumes }: VoiceState): string {
  const muted = wanted.filter((channelId) => volumes[channelId]?.muted || volumes[channelId]?.level === 0);
  return [soundBlocked ? "blocked" : "on", ...muted].join(" ");
}

/** Reports to the server what is played here, on changes and on each new connection (`force`), so that talkers see who hears them. */
export function makeListeningReport(send: (message: ClientMessage) => void) {
  let lastSent: string | null = null;
  return (state: VoiceState, force = false): void => {
    const listening = listeningOf(state);
    if (listening === lastSent && !force) return;
    // Before the welcome the server accepts no message.
    lastSent = state.connection.phase === "open" ? listening : null;
    if (lastSent === null) return;
    const [sound, ...muted] = listening.split(" ");
    send({ type: "listening", sound: sound === "on", muted });
  };
}
