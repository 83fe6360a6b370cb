/** One browser: its connection, the uplink from its microphone, its receive slots, and the channels that it hears. */
import { openConnection, type Connection } from "./connection.ts";
import { browserOffer, isUsableCandidate, readAnswer, SLOTS } from "./sdp.ts";
import { Slot } from "./slot.ts";
import { Uplink } from "./uplink.ts";

export interface PeerCallbacks {
  offer(sdp: string): void;
  candidate(candidate: string): void;
  state(state: "connected" | "lost" | "failed"): void;
  /** RTP and RTCP as they come. */
  packet(bytes: Buffer): void;
  error(error: unknown): void;
}

const MAX_REMOTE_CANDIDATES = 32;

export class Peer {
  readonly id: string;
  readonly uplink = new Uplink();
  /** Those that the client agreed to receive on; none before its answer. */
  slots: readonly Slot[] = [];
  /** Ids of the channels that it hears. */
  readonly channels = new Set<string>();
  isConnected = false;
  readonly #connection: Connection;
  readonly #callbacks: PeerCallbacks;
  #isAnswered = false;
  #localCandidates: string[] = [];
  #remoteCandidates: string[] = [];
  #remoteCount = 0;

  constructor(id: string, address: string, port: number, callbacks: PeerCallbacks) {
    this.id = id;
    this.#callbacks = callbacks;
    this.#connection = openConnection(id, address, port, {
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

  /** Throws what is wrong with the answer. */
  answer(sdp: string): void {
    if (this.#isAnswered) throw new Error("answered twice");
    const answer = readAnswer(sdp);
    if ("refusal" in answer) throw new Error(answer.refusal);
    this.#connection.setAnswer(answer.sdp);
    this.#isAnswered = true;
    const accepted = SLOTS.filter(({ mid }) => answer.slotMids.includes(mid));
    this.slots = accepted.map(({ mid, ssrc }) => new Slot(mid, this.#connection.track, ssrc));
    for (const candidate of this.#localCandidates) this.#callbacks.candidate(candidate);
    for (const candidate of this.#remoteCandidates) this.#connection.addCandidate(candidate);
    for (const candidate of answer.candidates) this.addCandidate(candidate);
  }

  /** Takes candidates before the answer too. All m-lines are one transport, so the m-line does not matter. */
  addCandidate(candidate: string): void {
    if (!isUsableCandidate(candidate) || ++this.#remoteCount > MAX_REMOTE_CANDIDATES) return;
    if (this.#isAnswered) this.#connection.addCandidate(candidate);
    else this.#remoteCandidates.push(candidate);
  }

  close(): void {
    this.isConnected = false;
    this.#connection.close();
  }

  /**
   * The client learns where we are only once its answer is set. libdatachannel 0.24.5 starts DTLS the moment ICE connects;
   * a client that reaches us while the answer is being set is refused for want of its fingerprint (seen under load:
   * "certificate verify failed"; libdatachannel pull request 1612).
   */
  #foundCandidate(candidate: string): void {
    if (this.#isAnswered) this.#callbacks.candidate(candidate);
    else this.#localCandidates.push(candidate);
  }
}
