/** Who hears whom: channels with their listeners, transmissions with the slots that carry them. */
import type { MediaEvent } from "#contract/media.ts";
import type { Peer } from "./peer.ts";
import { Recorder } from "./recorder.ts";
import { SAMPLES_PER_MS } from "./rtp.ts";
import type { Slot } from "./slot.ts";
import type { AudioPacket } from "./uplink.ts";

interface Channel {
  listeners: Set<Peer>;
  /** In the order they began: the first to get a slot that frees. */
  transmissions: Set<Transmission>;
}

export interface Transmission {
  readonly id: string;
  readonly channelId: string;
  readonly talker: Peer;
  readonly recorder: Recorder | null;
  /** The slots that carry it, one per listener; a plain array because every packet walks it. */
  slots: Slot[];
  receivedSamples: number;
}

const DURATION_STEP_MS = 20;

export class Forwarding {
  readonly #emit: (event: MediaEvent) => void;
  readonly #onError: (message: string, error: unknown) => void;
  readonly #channels = new Map<string, Channel>();
  readonly #transmissions = new Map<string, Transmission>();
  readonly #byTalker = new Map<Peer, Transmission[]>();
  /** Recordings that are being finished. */
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

  start(id: string, talker: Peer, channelId: string, record: boolean): void {
    if (this.#transmissions.has(id)) return;
    const recorder = record
      ? new Recorder((piece) => this.#emit({ type: "recordingPiece", transmissionId: id, ...piece }))
      : null;
    const transmission: Transmission = { id, channelId, talker, recorder, slots: [], receivedSamples: 0 };
    this.#transmissions.set(id, transmission);
    this.#byTalker.set(talker, [...(this.#byTalker.get(talker) ?? []), transmission]);
    const channel = this.#channel(channelId);
    channel.transmissions.add(transmission);
    for (const listener of channel.listeners) this.#carry(listener, transmission);
    talker.uplink.beginBurst(channelId);
    for (const packet of talker.uplink.ringBuffer.take(performance.now())) this.#forward(transmission, packet);
  }

  end(id: string, reason: "asked" | "peerGone"): void {
    const transmission = this.#transmissions.get(id);
    if (!transmission) return;
    const { talker, channelId } = transmission;
    this.#transmissions.delete(id);
    const others = this.#byTalker.get(talker)!.filter((other) => other !== transmission);
    if (others.length > 0) {
      this.#byTalker.set(talker, others);
    } else {
      this.#byTalker.delete(talker);
      talker.uplink.endBurst(performance.now(), channelId);
    }
    const channel = this.#channel(channelId);
    channel.transmissions.delete(transmission);
    for (const listener of channel.listeners) {
      if (this.#free(listener, transmission)) this.fillSlots(listener);
    }
    this.#forgetIfEmpty(channelId, channel);
    this.#finish(transmission, reason);
  }

  /** The peer is closed: it talks and listens no more. */
  peerGone(peer: Peer): void {
    for (const transmission of this.#byTalker.get(peer) ?? []) this.end(transmission.id, "peerGone");
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

  /** One packet from the network, already judged. Without a grant it only waits. */
  receive(talker: Peer, packet: AudioPacket): void {
    const transmissions = this.#byTalker.get(talker);
    if (!transmissions) {
      talker.uplink.ringBuffer.add(packet);
      return;
    }
    for (let index = 0; index < transmissions.length; index++) this.#forward(transmissions[index]!, packet);
  }

  /** The talker's press was denied: nothing of it may be heard. What another grant of the same talker covers goes on. */
  dropBuffered(talker: Peer): void {
    if (!this.#byTalker.has(talker)) talker.uplink.endBurst(performance.now(), null);
  }

  /** Puts talkers that the listener may hear but does not on slots that are free. */
  fillSlots(listener: Peer): void {
    for (const channelId of listener.channels) {
      for (const transmission of this.#channels.get(channelId)?.transmissions ?? []) this.#carry(listener, transmission);
    }
  }

  /** Resolves when every recording that was ended is written. */
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
        // The track closed a moment before its peer's state event: nobody is there any more.
        slots.splice(index--, 1);
      }
    }
    transmission.recorder?.write(packet);
  }

  #carry(listener: Peer, transmission: Transmission): void {
    if (listener === transmission.talker || !listener.isConnected) return;
    let free: Slot | null = null;
    for (const slot of listener.slots) {
      if (slot.transmissionId === transmission.id) return;
      if (slot.transmissionId === null) free ??= slot;
    }
    if (!free) return;
    free.carry(transmission.id);
    transmission.slots.push(free);
    const { id: transmissionId, channelId } = transmission;
    this.#emit({ type: "slot", peerId: listener.id, mid: free.mid, transmissionId, channelId });
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
      .catch((error: unknown) => this.#onError(`the recording of ${transmission.id} broke off`, error))
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
