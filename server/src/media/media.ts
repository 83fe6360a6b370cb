/** The media worker: forwards talkers' Opus packets to the listeners of the channel, and writes recordings. */
import type { Media, MediaCommand, MediaEvent, MediaOptions } from "#contract/media.ts";
import { addressRule, addressSet, ownAddresses } from "./addresses.ts";
import { Forwarding } from "./forwarding.ts";
import { Peer } from "./peer.ts";
import { takePort } from "./port.ts";
import { announcedCandidates, loopbackCandidate, MICROPHONE_MID } from "./sdp.ts";

/**
 * Takes the port and gets ready for peers.
 *
 * Do not use node-datachannel's `initLogger` and `cleanup`. Both are global to the process: the first keeps it alive for
 * ever, and the second closes connections that are not ours. Closing our own connections is enough to exit.
 * @throws when the port cannot be taken, with a sentence for the operator
 */
export async function startMedia(options: MediaOptions): Promise<Media> {
  const { announcedAddress, thisMachineOnly = false, log, machineAddresses = ownAddresses } = options;
  const listenAddress = listenableAddress(options.listenAddress, machineAddresses());
  const shared = await takePort(listenAddress, options.port);
  const peers = new Map<string, Peer>();
  const listeners: ((event: MediaEvent) => void)[] = [];
  const logError = (message: string, error: unknown) =>
    log("error", message, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  const forwarding = new Forwarding(emit, logError);
  let closed: Promise<void> | null = null;
  log("info", "listening for audio", { address: listenAddress, port: shared.port });

  /** Catches what listeners throw, so that they cannot interrupt the worker. */
  function emit(event: MediaEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        logError(`a listener to ${event.type} threw`, error);
      }
    }
  }

  function announce(peerId: string, candidate: string): void {
    emit({ type: "candidate", peerId, candidate, mid: MICROPHONE_MID });
  }

  function openPeer(peerId: string, remoteAddress: string | undefined): void {
    closePeer(peerId);
    const own = machineAddresses();
    const peer: Peer = new Peer(
      peerId,
      { address: listenAddress, port: shared.port },
      addressRule(own, shared.port, remoteAddress),
      {
        offer: (sdp) => emit({ type: "offer", peerId, sdp }),
        answered: () => {
          // When bound to every address, the native side does not announce loopback.
          if (thisMachineOnly && listenAddress !== LOOPBACK) announce(peerId, loopbackCandidate(shared.port));
        },
        candidate: (local) => {
          for (const candidate of announcedCandidates(local, announcedAddress)) announce(peerId, candidate);
        },
        state: (state) => {
          if (state === "failed") return fail(peer, "the connection failed, or the client closed it");
          if (state === "connected" && thisMachineOnly && !addressSet(own)(peer.remoteAddress() ?? "")) {
            return fail(peer, "the client is not on this machine, and the settings allow no others");
          }
          emit({ type: "peerState", peerId, state });
          if (state === "connected") forwarding.fillSlots(peer);
        },
        packet: (bytes) => {
          const uplink = peer.uplinks[peer.lineOf(bytes)]!;
          const packet = uplink.accept(bytes, performance.now());
          if (packet) forwarding.receive(uplink, packet);
          else if (uplink.isFlooding) fail(peer, "the client floods the server with packets");
        },
        error: (error) => log("warn", "peer error", { peerId, error: String(error) }),
      },
    );
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

  /** For text from the client: an error that it causes fails this peer only. */
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
          return openPeer(command.peerId, command.remoteAddress);
        } catch (error) {
          logError(`opening peer ${command.peerId} failed`, error);
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
        const { transmissionId, peerId, line = 0, channelId, record } = command;
        const peer = peers.get(peerId);
        const uplink = peer?.uplinks[line];
        if (peer && uplink) return forwarding.start(transmissionId, { talker: peer, uplink }, channelId, record);
        // The peer closed while the command was on its way. The sender still waits for an end.
        return emit({ type: "transmissionEnded", transmissionId, durationMs: 0, reason: "peerGone" });
      }
      case "endTransmission":
        if (command.late) return forwarding.endLate(command.transmissionId);
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

const LOOPBACK = "127.0.0.1";

/** The native side listens only if it can announce an address. Without a network, that is loopback instead of 0.0.0.0. */
function listenableAddress(requested: string, own: readonly string[]): string {
  const isEvery = requested === "0.0.0.0";
  return isEvery && own.every((address) => address.startsWith("127.") || address.includes(":")) ? LOOPBACK : requested;
}
