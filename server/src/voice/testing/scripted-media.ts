import type { Media, MediaCommand, MediaEvent } from "#contract/media.ts";

type Command<T extends MediaCommand["type"]> = Extract<MediaCommand, { type: T }>;

/** A media worker that the test controls, for orders of events that a real one rarely produces. */
export function scriptedMedia() {
  const commands: MediaCommand[] = [];
  let listener: (event: MediaEvent) => void = () => {};
  /** Whether commands are answered, in the same tick, as a worker in this process may. */
  let answering = true;

  function react(command: MediaCommand): void {
    if (command.type === "openPeer") listener({ type: "offer", peerId: command.peerId, sdp: "offer" });
    if (command.type === "answer") listener({ type: "peerState", peerId: command.peerId, state: "connected" });
    if (command.type === "endTransmission") {
      const { transmissionId } = command;
      listener({ type: "transmissionEnded", transmissionId, durationMs: 0, reason: "asked" });
    }
  }

  const media: Media = {
    send(command) {
      commands.push(command);
      if (answering) react(command);
    },
    onEvent: (callback) => void (listener = callback),
    close: () => Promise.resolve(),
  };

  return {
    media,
    commands,
    emit: (event: MediaEvent) => listener(event),
    silence: () => void (answering = false),
    all: <T extends MediaCommand["type"]>(type: T) => commands.filter((command): command is Command<T> => command.type === type),
    last<T extends MediaCommand["type"]>(type: T): Command<T> {
      const last = commands.findLast((command): command is Command<T> => command.type === type);
      if (!last) throw new Error(`no ${type} was sent to the media worker`);
      return last;
    },
  };
}
