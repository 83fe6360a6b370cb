/** Forwards audio: channels with their listeners, transmissions with the slots that carry them. */
import { LATE_PACKETS_MS } from "#contract/gateway.ts";
import type { MediaEvent } from "#contract/media.ts";
import type { Peer } from "./peer.ts";
import { Recorder } from "./recorder.ts";
import { SAMPLES_PER_MS } from "./rtp.ts";
import type { Slot } from "./slot.ts";
import type { AudioPacket } from "./audio-packet.ts";
import type { Uplink } from "./uplink.ts";

interface Channel {
  listeners: Set<Peer>;
  /** In the order they began; the earliest gets the next free slot. */
  transmissions: Set<Transmission>;
}

export interface Transmission {
  readonly id: string;
  readonly channelId: string;
  readonly talker: Peer;
  /** The microphone line of the talk. */
  readonly uplink: Uplink;
  readonly recorder: Recorder | null;
  /** The slots that carry it, one per listener. A plain array, because every packet iterates over it. */
  slots: Slot[];
  receivedSamples: number;
  /** Set when only late packets are still awaited. `until`: position of the end on the uplink's timeline. */
  late: { until: number; timer: NodeJS.Timeout } | null;
}

/** Clients send packets unevenly, so audio up to this long after the end still counts as sent before it. */
const LATE_TOLERANCE_MS = 40;
const DURATION_STEP_MS = 20;

export class Forwarding {
  readonly #emit: (event: MediaEvent) => void;
  readonly #onError: (message: string, error: unknown) => void;
  readonly #channels = new Map<string, Channel>();
  readonly #transmissions = new Map<string, Transmission>();
  readonly #byUplink = new Map<Uplink, Transmission[]>();
  /** Recordings whose end is still being written. */
  readonly #ending = new Set<Promise<void>>();

  constructor(emit: (event: MediaEvent) => void, onError: (message: string, error: unknown) => void) {
    this.#emit = emit;
    this.#onError = onError;
  }

  subscribe(peer: Peer, channelId: string): void {
    peer.channels.add(channelId);
    this.#channel(channelId).listeners.add(peer);
    this.fillSlots(peer);
  }

  unsubscribe(peer: Peer, channelId: string): void {
    if (!peer.channels.delete(channelId)) return;
    const channel = this.#channel(channelId);
    channel.listeners.delete(peer);
    for (const transmission of channel.transmissions) this.#free(peer, transmission);
    this.#forgetIfEmpty(channelId, channel);
    this.fillSlots(peer);
  }

  start(id: string, by: Pick<Transmission, "talker" | "uplink">, channelId: string, record: boolean): void {
    const { talker, uplink } = by;
    if (this.#transmissions.has(id)) return;
    // From now on, packets on this line may belong to the new press.
    for (const earlier of this.#byUplink.get(uplink) ?? []) if (earlier.late) this.end(earlier.id, "asked");
    const recorder = record
      ? new Recorder((piece) => this.#emit({ type: "recordingPiece", transmissionId: id, ...piece }))
      : null;
    const transmission: Transmission = { id, channelId, talker, uplink, recorder, slots: [], receivedSamples: 0, late: null };
    this.#transmissions.set(id, transmission);
    this.#byUplink.set(uplink, [...(this.#byUplink.get(uplink) ?? []), transmission]);
    const channel = this.#channel(channelId);
    channel.transmissions.add(transmission);
    for (const listener of channel.listeners) this.#carry(listener, transmission);
    uplink.beginBurst(channelId);
    for (const packet of uplink.ringBuffer.take(performance.now())) this.#forward(transmission, packet);
  }

  /** Ends the transmission after LATE_PACKETS_MS. Until then, forwards packets that were sent before now. */
  endLate(id: string): void {
    const transmission = this.#transmissions.get(id);
    if (!transmission || transmission.late) return;
    transmission.late = {
      until: transmission.uplink.sentUntil(performance.now() + LATE_TOLERANCE_MS),
      timer: setTimeout(() => this.end(id, "asked"), LATE_PACKETS_MS),
    };
  }

  end(id: string, reason: "asked" | "peerGone"): void {
    const transmission = this.#transmissions.get(id);
    if (!transmission) return;
    const { uplink, channelId } = transmission;
    clearTimeout(transmission.late?.timer);
    this.#transmissions.delete(id);
    const others = this.#byUplink.get(uplink)!.filter((other) => other !== transmission);
    if (others.length > 0) {
      this.#byUplink.set(uplink, others);
    } else {
      this.#byUplink.delete(uplink);
      uplink.endBurst(performance.now(), channelId);
    }
    const channel = this.#channel(channelId);
    channel.transmissions.delete(transmission);
    for (const listener of channel.listeners) {
      if (this.#free(listener, transmission)) this.fillSlots(listener);
    }
    this.#forgetIfEmpty(channelId, channel);
    this.#finish(transmission, reason);
  }

  /** Call when a peer is closed: ends its transmissions and subscriptions. */
  peerGone(peer: Peer): void {
    for (const uplink of peer.uplinks) {
      for (const transmission of this.#byUplink.get(uplink) ?? []) this.end(transmission.id, "peerGone");
    }
    for (const channelId of peer.channels) {
      const channel = this.#channel(channelId);
      channel.listeners.delete(peer);
      for (const transmission of channel.transmissions) {
        transmission.slots = transmission.slots.filter((slot) => !peer.slots.includes(slot));
      }
      this.#forgetIfEmpty(channelId, channel);
    }
    peer.channels.clear();
  }

  /** Takes an accepted packet. Without a grant, the packet waits in the ring buffer. */
  receive(uplink: Uplink, packet: AudioPacket): void {
    const transmissions = this.#byUplink.get(uplink);
    if (!transmissions) {
      uplink.ringBuffer.add(packet);
      return;
    }
    let isTaken = false;
    for (let index = 0; index < transmissions.length; index++) {
      const transmission = transmissions[index]!;
      if (transmission.late && packet.timestamp > transmission.late.until) continue;
      this.#forward(transmission, packet);
      isTaken = true;
    }
    // Sent after the end of the late transmission: it belongs to a press that is not granted yet.
    if (!isTaken) uplink.ringBuffer.add(packet);
  }

  /** Drops the audio of a denied press. Lines of the same talker with a grant go on. */
  dropBuffered(talker: Peer): void {
    for (const uplink of talker.uplinks) if (!this.#byUplink.has(uplink)) uplink.endBurst(performance.now(), null);
  }

  /** Assigns free slots to talkers that the listener should hear but does not yet. */
  fillSlots(listener: Peer): void {
    for (const channelId of listener.channels) {
      for (const transmission of this.#channels.get(channelId)?.transmissions ?? []) this.#carry(listener, transmission);
    }
  }

  /** Resolves when all ended recordings are written. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending);
  }

  #forward(transmission: Transmission, packet: AudioPacket): void {
    if (transmission.receivedSamples === 0) {
      const firstPacketAtMs = Math.round(Date.now() - (performance.now() - packet.receivedAtMs));
      this.#emit({ type: "transmissionStarted", transmissionId: transmission.id, firstPacketAtMs });
    }
    transmission.receivedSamples += packet.samples;
    const slots = transmission.slots;
    for (let index = 0; index < slots.length; index++) {
      try {
        slots[index]!.send(packet);
      } catch {
        // The track has closed; the peer's state event follows.
        slots.splice(index--, 1);
      }
    }
    transmission.recorder?.write(packet);
  }

  #carry(listener: Peer, transmission: Transmission): void {
    if (listener === transmission.talker || !listener.isConnected) return;
    let freeSlot: Slot | null = null;
    for (const slot of listener.slots) {
      if (slot.transmissionId === transmission.id) return;
      if (slot.transmissionId === null) freeSlot ??= slot;
    }
    if (!freeSlot) return this.#emit({ type: "uncarried", peerId: listener.id, transmissionId: transmission.id });
    freeSlot.carry(transmission.id);
    transmission.slots.push(freeSlot);
    const { id: transmissionId, channelId } = transmission;
    this.#emit({ type: "slot", peerId: listener.id, mid: freeSlot.mid, transmissionId, channelId });
  }

  #free(listener: Peer, transmission: Transmission): boolean {
    const slot = listener.slots.find((candidate) => candidate.transmissionId === transmission.id);
    if (!slot) return false;
    slot.carry(null);
    const index = transmission.slots.indexOf(slot);
    if (index !== -1) transmission.slots.splice(index, 1);
    this.#emit({ type: "slot", peerId: listener.id, mid: slot.mid, transmissionId: null, channelId: null });
    return true;
  }

  #finish(transmission: Transmission, reason: "asked" | "peerGone"): void {
    const steps = Math.round(transmission.receivedSamples / SAMPLES_PER_MS / DURATION_STEP_MS);
    const ended = () =>
      this.#emit({
        type: "transmissionEnded",
        transmissionId: transmission.id,
        durationMs: steps * DURATION_STEP_MS,
        reason,
      });
    if (!transmission.recorder) return ended();
    const ending = transmission.recorder
      .end()
      .catch((error: unknown) => this.#onError(`writing the recording of ${transmission.id} failed`, error))
      .then(ended)
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #channel(id: string): Channel {
    let channel = this.#channels.get(id);
    if (!channel) {
      channel = { listeners: new Set(), transmissions: new Set() };
      this.#channels.set(id, channel);
    }
    return channel;
  }

  #forgetIfEmpty(id: string, channel: Channel): void {
    if (channel.listeners.size === 0 && channel.transmissions.size === 0) this.#channels.delete(id);
  }
}
