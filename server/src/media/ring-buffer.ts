/** The last 500 ms of a talker's audio that no grant covers, in the order in which it was sent. */
import type { AudioPacket } from "./audio-packet.ts";

const KEEP_MS = 500;

export class RingBuffer {
  #packets: AudioPacket[] = [];

  add(packet: AudioPacket): void {
    this.#forgetOld(packet.receivedAtMs);
    let index = this.#packets.length;
    while (index > 0 && this.#packets[index - 1]!.sequence > packet.sequence) index--;
    this.#packets.splice(index, 0, packet);
  }

  /** Returns the buffered packets and empties the buffer. */
  take(nowMs: number): AudioPacket[] {
    this.#forgetOld(nowMs);
    const packets = this.#packets;
    this.#packets = [];
    return packets;
  }

  clear(): void {
    this.#packets = [];
  }

  #forgetOld(nowMs: number): void {
    const tooOld = nowMs - KEEP_MS;
    if (this.#packets.length > 0 && this.#packets.some((packet) => packet.receivedAtMs < tooOld)) {
      this.#packets = this.#packets.filter((packet) => packet.receivedAtMs >= tooOld);
    }
  }
}
