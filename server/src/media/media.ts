/** The media worker: forwards every talker's Opus packets to the listeners of the channel, and writes recordings. */
import type { Media, MediaCommand, MediaEvent, MediaOptions } from "#contract/media.ts";
import { Forwarding } from "./forwarding.ts";
import { Peer } from "./peer.ts";
import { takePort } from "./port.ts";
import { announcedCandidates, MICROPHONE_MID } from "./sdp.ts";

/**
 * Takes the port and is ready for peers. Rejects when the port cannot be had.
 *
 * node-datachannel's `initLogger` and `cleanup` are not used: both are global to the process, the first keeps it alive
 * for ever, and the second closes the connections of everybody else in it. Closing our own is enough to exit.
 */
export async function startMedia(options: MediaOptions): Promise<Media> {
  const { listenAddress, announcedAddress, log } = options;
  const shared = await takePort(listenAddress, options.port);
  const peers = new Map<string, Peer>();
  const listeners: ((event: MediaEvent) => void)[] = [];
  const logError = (message: string, error: unknown) =>
    log("error", message, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  const forwarding = new Forwarding(emit, logError);
  let closed: Promise<void> | null = null;
  log("info", "listening for audio", { address: listenAddress, port: shared.port });

  /** A listener that throws must not break off what goes on here. */
  function emit(event: MediaEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        logError(`a listener to ${event.type} threw`, error);
      }
    }
  }

  function openPeer(peerId: string): void {
    closePeer(peerId);
    const peer: Peer = new Peer(peerId, listenAddress, shared.port, {
      offer: (sdp) => emit({ type: "offer", peerId, sdp }),
      candidate: (local) => {
        for (const candidate of announcedCandidates(local, announcedAddress)) {
          emit({ type: "candidate", peerId, candidate, mid: MICROPHONE_MID });
        }
      },
      state: (state) => {
        if (state === "failed") return fail(peer, "the connection failed or was closed by the other side");
        emit({ type: "peerState", peerId, state });
        if (state === "connected") forwarding.fillSlots(peer);
      },
      packet: (bytes) => {
        const packet = peer.uplink.accept(bytes, performance.now());
        if (packet) forwarding.receive(peer, packet);
        else if (peer.uplink.isFlooding) fail(peer, "it floods the server with packets");
      },
      error: (error) => log("warn", "peer", { peerId, error: String(error) }),
    });
    peers.set(peerId, peer);
  }

  function closePeer(peerId: string): void {
    const peer = peers.get(peerId);
    if (!peer) return;
    peers.delete(peerId);
    peer.close();
    forwarding.peerGone(peer);
  }

  function fail(peer: Peer, reason: string): void {
    if (peers.get(peer.id) !== peer) return;
    log("warn", "peer failed", { peerId: peer.id, reason });
    closePeer(peer.id);
    emit({ type: "peerState", peerId: peer.id, state: "failed" });
  }

  function onPeer(peerId: string, act: (peer: Peer) => void): void {
    const peer = peers.get(peerId);
    if (peer) act(peer);
  }

  /** What a peer's own text makes the native side throw ends that peer and nothing else. */
  function onPeerText(peerId: string, act: (peer: Peer) => void): void {
    onPeer(peerId, (peer) => {
      try {
        act(peer);
      } catch (error) {
        fail(peer, error instanceof Error ? error.message : String(error));
      }
    });
  }

  function send(command: MediaCommand): void {
    if (closed) return;
    switch (command.type) {
      case "openPeer":
        try {
          return openPeer(command.peerId);
        } catch (error) {
          logError(`opening peer ${command.peerId}`, error);
          return emit({ type: "peerState", peerId: command.peerId, state: "failed" });
        }
      case "answer":
        return onPeerText(command.peerId, (peer) => peer.answer(command.sdp));
      case "candidate":
        return onPeerText(command.peerId, (peer) => peer.addCandidate(command.candidate));
      case "closePeer":
        return closePeer(command.peerId);
      case "subscribe":
        return onPeer(command.peerId, (peer) => forwarding.subscribe(peer, command.channelId));
      case "unsubscribe":
        return onPeer(command.peerId, (peer) => forwarding.unsubscribe(peer, command.channelId));
      case "startTransmission": {
        const { transmissionId, peerId, channelId, record } = command;
        const peer = peers.get(peerId);
        if (peer) return forwarding.start(transmissionId, peer, channelId, record);
        // The peer went while the command was on its way: whoever asked still waits for the end.
        return emit({ type: "transmissionEnded", transmissionId, durationMs: 0, reason: "peerGone" });
      }
      case "endTransmission":
        return forwarding.end(command.transmissionId, "asked");
      case "dropBuffered":
        return onPeer(command.peerId, (peer) => forwarding.dropBuffered(peer));
    }
  }

  async function close(): Promise<void> {
    for (const peerId of [...peers.keys()]) closePeer(peerId);
    await forwarding.ended();
    await shared.release();
    log("info", "audio port closed", { port: shared.port });
  }

  return {
    send,
    onEvent: (listener) => void listeners.push(listener),
    close: () => (closed ??= close()),
  };
}
