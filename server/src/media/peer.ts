/** One browser: its connection, its microphone uplinks, its receive slots, and the channels that it hears. */
import { openConnection, type Connection } from "./connection.ts";
import { LINE_COUNT } from "#contract/gateway.ts";
import type { AddressRule } from "./addresses.ts";
import { readRtpSsrc } from "./rtp.ts";
import { browserOffer, readAnswer, readCandidate, SLOTS } from "./sdp.ts";
import { Slot } from "./slot.ts";
import { Uplink } from "./uplink.ts";

export interface PeerCallbacks {
  offer(sdp: string): void;
  candidate(candidate: string): void;
  /** The answer is set: local candidates may be announced from now on. */
  answered(): void;
  state(state: "connected" | "lost" | "failed"): void;
  /** Gets every RTP and RTCP packet unread. */
  packet(bytes: Buffer): void;
  error(error: unknown): void;
}

/** A browser sends one candidate per address of its machine, and only a few of those pass the address rule. */
const MAX_REMOTE_CANDIDATES = 10;

export class Peer {
  readonly id: string;
  /** One per microphone line. */
  readonly uplinks: readonly Uplink[] = Array.from({ length: LINE_COUNT }, () => new Uplink());
  /** Slots that the client accepted; none before its answer. */
  slots: readonly Slot[] = [];
  /** Ids of the channels that the peer hears. */
  readonly channels = new Set<string>();
  isConnected = false;
  readonly #connection: Connection;
  readonly #callbacks: PeerCallbacks;
  readonly #mayBeAt: AddressRule;
  #lineSsrcs: readonly (number | null)[] = [];
  #isAnswered = false;
  #localCandidates: string[] = [];
  #remoteCandidates: string[] = [];
  #remoteCount = 0;

  /** @param mayBeAt which remote candidates to accept: ICE sends packets to a candidate before anybody answers there */
  constructor(id: string, local: { address: string; port: number }, mayBeAt: AddressRule, callbacks: PeerCallbacks) {
    this.id = id;
    this.#mayBeAt = mayBeAt;
    this.#callbacks = callbacks;
    this.#connection = openConnection(id, local.address, local.port, {
      offer: (sdp) => callbacks.offer(browserOffer(sdp)),
      candidate: (candidate) => this.#foundCandidate(candidate),
      open: () => {
        this.isConnected = true;
        callbacks.state("connected");
      },
      lost: () => {
        this.isConnected = false;
        callbacks.state("lost");
      },
      failed: () => callbacks.state("failed"),
      packet: (bytes) => callbacks.packet(bytes),
      error: (error) => callbacks.error(error),
    });
  }

  /** @throws an error that says what is wrong with the answer */
  answer(sdp: string): void {
    if (this.#isAnswered) throw new Error("the peer already has an answer");
    const answer = readAnswer(sdp);
    if ("refusal" in answer) throw new Error(answer.refusal);
    this.#connection.setAnswer(answer.sdp);
    this.#isAnswered = true;
    this.#lineSsrcs = answer.lineSsrcs;
    const accepted = SLOTS.filter(({ mid }) => answer.slotMids.includes(mid));
    this.slots = accepted.map(({ mid, ssrc }) => new Slot(mid, this.#connection.track, ssrc));
    this.#callbacks.answered();
    for (const candidate of this.#localCandidates) this.#callbacks.candidate(candidate);
    for (const candidate of this.#remoteCandidates) this.#connection.addCandidate(candidate);
    for (const candidate of answer.candidates) this.addCandidate(candidate);
  }

  /** May be called before the answer. The m-line does not matter, because all of them share one transport. */
  addCandidate(candidate: string): void {
    const remote = readCandidate(candidate);
    if (!remote || !this.#mayBeAt(remote.address, remote.port) || ++this.#remoteCount > MAX_REMOTE_CANDIDATES) return;
    if (this.#isAnswered) this.#connection.addCandidate(candidate);
    else this.#remoteCandidates.push(candidate);
  }

  /** The client's address on this connection. Null before it is connected. */
  remoteAddress(): string | null {
    return this.#connection.remoteAddress();
  }

  /** The microphone line of a packet. SSRCs that the answer did not name belong to the first line. */
  lineOf(packet: Buffer): number {
    const ssrc = readRtpSsrc(packet);
    return Math.max(0, this.#lineSsrcs.indexOf(ssrc));
  }

  close(): void {
    this.isConnected = false;
    this.#connection.close();
  }

  /**
   * Holds local candidates back until the answer is set. libdatachannel 0.24.5 starts DTLS as soon as ICE connects, so a
   * client that connects while its answer is being set is refused, because its fingerprint is not known yet (seen under
   * load: "certificate verify failed"; libdatachannel pull request 1612).
   */
  #foundCandidate(candidate: string): void {
    if (this.#isAnswered) this.#callbacks.candidate(candidate);
    else this.#localCandidates.push(candidate);
  }
}
