/** What a talker said before the grant: the last 500 ms that no grant covers, in the order it was said. */
import type { AudioPacket } from "./uplink.ts";

const KEEP_MS = 500;

export class RingBuffer {
  #packets: AudioPacket[] = [];

  add(packet: AudioPacket): void {
    this.#forgetOld(packet.receivedAtMs);
    let at = this.#packets.length;
    while (at > 0 && this.#packets[at - 1]!.sequence > packet.sequence) at--;
    this.#packets.splice(at, 0, packet);
  }

  /** Empties it. */
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
