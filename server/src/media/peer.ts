/**
 * One browser's connection: the native PeerConnection with its microphone up and receive slots down.
 *
 * Hazards of node-datachannel 0.33, each seen:
 * - A Track or PeerConnection that is garbage collected before its closed event has been handled leaves a dangling
 *   pointer behind; a later `cleanup()` then hangs or crashes. So `closing` holds them until those events came.
 * - `pc.close()` alone keeps the callbacks of its tracks, and with them the process, alive: tracks are closed one by one.
 * - `setLocalDescription` does not catch C++ exceptions: with no track it ends the process. It gets tracks, always.
 */
import { Audio, PeerConnection, type Track } from "node-datachannel";
import { AUDIO_LEVEL_EXTENSION_ID, OPUS_PAYLOAD_TYPE } from "./rtp.ts";
import { isUsableCandidate, MICROPHONE_MID, OPUS_PARAMETERS, readAnswer, SLOT_MIDS } from "./sdp.ts";
import { Slot } from "./slot.ts";
import { Uplink } from "./uplink.ts";

export interface PeerCallbacks {
  offer(sdp: string): void;
  candidate(candidate: string): void;
  state(state: "connected" | "lost" | "failed"): void;
  packet(bytes: Buffer): void;
}

const FIRST_SLOT_SSRC = 1_000;
const MAX_REMOTE_CANDIDATES = 32;

/** Closed here, but not yet on the native side. */
const closing = new Set<Peer>();

export class Peer {
  readonly id: string;
  readonly uplink = new Uplink();
  readonly slots: Slot[] = [];
  readonly channels = new Set<string>();
  isConnected = false;
  readonly #callbacks: PeerCallbacks;
  readonly #pc: PeerConnection;
  readonly #tracks: Track[] = [];
  #isClosed = false;
  #isAnswered = false;
  #queuedCandidates: string[] = [];
  #candidates = 0;
  /** Native objects whose closed event has not come. */
  #open = 1;

  constructor(id: string, address: string, port: number, callbacks: PeerCallbacks) {
    this.id = id;
    this.#callbacks = callbacks;
    this.#pc = new PeerConnection(id, {
      iceServers: [],
      bindAddress: address,
      enableIceUdpMux: true,
      portRangeBegin: port,
      portRangeEnd: port,
      disableAutoNegotiation: true,
    });
    this.#pc.onLocalDescription((sdp) => this.#isClosed || callbacks.offer(sdp));
    this.#pc.onLocalCandidate((candidate) => this.#isClosed || callbacks.candidate(candidate));
    this.#pc.onStateChange((state) => this.#stateChanged(state));
    this.#addMicrophone();
    SLOT_MIDS.forEach((mid, index) => this.#addSlot(mid, FIRST_SLOT_SSRC + index));
    this.#pc.setLocalDescription("offer");
  }

  /** Throws what the native parser throws. */
  answer(sdp: string): void {
    const answer = readAnswer(sdp);
    if ("refusal" in answer) throw new Error(answer.refusal);
    this.#pc.setRemoteDescription(answer.sdp, "answer");
    this.#isAnswered = true;
    for (const candidate of this.#queuedCandidates) this.#pc.addRemoteCandidate(candidate, MICROPHONE_MID);
    this.#queuedCandidates = [];
  }

  /** Takes candidates before the answer too. All m-lines are bundled, so any candidate belongs to the first. */
  addCandidate(candidate: string): void {
    if (!isUsableCandidate(candidate) || ++this.#candidates > MAX_REMOTE_CANDIDATES) return;
    if (this.#isAnswered) this.#pc.addRemoteCandidate(candidate, MICROPHONE_MID);
    else this.#queuedCandidates.push(candidate);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.isConnected = false;
    closing.add(this);
    for (const track of this.#tracks) track.close();
    this.#pc.close();
    this.#forgetWhenDone();
  }

  #addMicrophone(): void {
    const audio = new Audio(MICROPHONE_MID, "RecvOnly");
    audio.addOpusCodec(OPUS_PAYLOAD_TYPE, OPUS_PARAMETERS);
    audio.parseSdpLine(`a=extmap:${AUDIO_LEVEL_EXTENSION_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level`);
    const track = this.#addTrack(audio);
    track.onMessage((bytes) => this.#isClosed || this.#callbacks.packet(bytes));
  }

  #addSlot(mid: string, ssrc: number): void {
    const audio = new Audio(mid, "SendOnly");
    audio.addOpusCodec(OPUS_PAYLOAD_TYPE, OPUS_PARAMETERS);
    audio.addSSRC(ssrc, "whoot", mid, mid);
    this.slots.push(new Slot(mid, this.#addTrack(audio), ssrc));
  }

  #addTrack(audio: Audio): Track {
    const track = this.#pc.addTrack(audio);
    this.#tracks.push(track);
    this.#open++;
    track.onClosed(() => this.#ended());
    return track;
  }

  #stateChanged(state: string): void {
    if (state === "closed") this.#ended();
    if (this.#isClosed) return;
    if (state === "connected") {
      this.isConnected = true;
      this.#callbacks.state("connected");
    } else if (state === "disconnected") {
      this.isConnected = false;
      this.#callbacks.state("lost");
    } else if (state === "failed" || state === "closed") {
      this.#callbacks.state("failed");
    }
  }

  #ended(): void {
    this.#open--;
    this.#forgetWhenDone();
  }

  #forgetWhenDone(): void {
    if (this.#open === 0) closing.delete(this);
  }
}

/** How many peers are closed here and not yet on the native side. */
export function closingPeers(): number {
  return closing.size;
}
