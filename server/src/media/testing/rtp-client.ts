/**
 * A WebRTC client for tests, on node-datachannel. It sends any RTP, honest or not, and keeps what it receives. The caller
 * transports offers, answers and candidates; `connectRtpClient` does that for a `Media`.
 */
import { Audio, PeerConnection, type Track } from "node-datachannel";
import type { Media } from "#contract/media.ts";
import { readFile } from "node:fs/promises";
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from "mediabunny";

export interface SentRtp {
  payload: Uint8Array;
  /** 16 bits. */
  sequence: number;
  /** 32 bits. */
  timestamp: number;
  ssrc?: number;
  payloadType?: number;
  marker?: boolean;
  /** −dBov, 0–127: adds the RFC 6464 header extension. */
  level?: number;
}

export interface ReceivedRtp {
  mid: string;
  sequence: number;
  timestamp: number;
  ssrc: number;
  marker: boolean;
  payload: Buffer;
  /** The packet as it came, header included. */
  bytes: Buffer;
  receivedAtMs: number;
}

export interface RtpClient {
  /** Every received RTP packet, in order of arrival. */
  readonly received: ReceivedRtp[];
  readonly ssrc: number;
  /** The client's own state: "connected" once DTLS is up and the microphone's track can send. */
  state(): string;
  /** Takes the server's offer and calls `onAnswer` with the answer. */
  offer(sdp: string): void;
  candidate(candidate: string, mid: string): void;
  send(rtp: SentRtp): void;
  /** Sends bytes unchanged on the microphone's track, even RTCP. */
  sendRaw(bytes: Buffer): void;
  onReceived(listener: (rtp: ReceivedRtp) => void): void;
  close(): void;
}

export interface RtpClientOptions {
  onAnswer(sdp: string): void;
  onCandidate(candidate: string, mid: string): void;
  /** Address to send from. */
  bindAddress?: string;
  /** False: packets go only to `onReceived`. */
  keepReceived?: boolean;
  /** SSRCs that the answer declares: the first is what `send` uses by default. */
  ssrcs?: number[];
}

/** Never released: a native object that is garbage collected while open crashes the process (see connection.ts). */
const kept = new Set<unknown>();
let nextSsrc = 50_000;

export function createRtpClient({
  onAnswer,
  onCandidate,
  bindAddress = "127.0.0.1",
  keepReceived = true,
  ssrcs,
}: RtpClientOptions): RtpClient {
  const declared = ssrcs ?? [nextSsrc++];
  const pc = new PeerConnection("rtp-client", { iceServers: [], bindAddress });
  const tracks: Track[] = [];
  const received: ReceivedRtp[] = [];
  const listeners: ((rtp: ReceivedRtp) => void)[] = [];
  let closed = false;
  kept.add(pc).add(tracks);

  const hold = (track: Track) => {
    tracks.push(track);
    // Without this callback the native side never releases the track, and the process never exits.
    track.onClosed(() => {});
  };

  const microphone = new Audio("microphone", "SendOnly");
  microphone.addOpusCodec(111);
  microphone.parseSdpLine("a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level");
  for (const ssrc of declared) microphone.addSSRC(ssrc, "client", "client", "microphone");
  const microphoneTrack = pc.addTrack(microphone);
  hold(microphoneTrack);

  pc.onLocalDescription((sdp, type) => {
    if (type === "answer" && !closed) onAnswer(sdp);
  });
  pc.onLocalCandidate((candidate, mid) => closed || onCandidate(candidate, mid));
  pc.onStateChange(() => {});
  pc.onTrack((track) => {
    hold(track);
    const mid = track.mid();
    track.onMessage((bytes) => {
      if (closed || (bytes[1]! & 0x7f) !== 111) return;
      const rtp = readRtp(mid, bytes);
      if (keepReceived) received.push(rtp);
      for (const listener of listeners) listener(rtp);
    });
  });

  return {
    received,
    ssrc: declared[0]!,
    state() {
      if (closed) return "closed";
      const state = pc.state();
      // The track opens a moment after the connection, and sending earlier fails (see connection.ts).
      return state === "connected" && !microphoneTrack.isOpen() ? "connecting" : state;
    },
    offer: (sdp) => pc.setRemoteDescription(sdp, "offer"),
    candidate: (candidate, mid) => closed || pc.addRemoteCandidate(candidate, mid),
    send: (rtp) => void microphoneTrack.sendMessageBinary(writeRtp({ ssrc: declared[0]!, ...rtp })),
    sendRaw: (bytes) => void microphoneTrack.sendMessageBinary(bytes),
    onReceived: (listener) => void listeners.push(listener),
    close() {
      if (closed) return;
      closed = true;
      for (const track of tracks) track.close();
      pc.close();
    },
  };
}

/** Opens a peer with this id in `media` and a client connected to it. Returns before the connection is up. */
export function connectRtpClient(
  media: Media,
  peerId: string,
  options: Partial<RtpClientOptions> = {},
  remoteAddress?: string,
): RtpClient {
  const client = createRtpClient({
    onAnswer: (sdp) => media.send({ type: "answer", peerId, sdp }),
    onCandidate: (candidate, mid) => media.send({ type: "candidate", peerId, candidate, mid }),
    ...options,
  });
  let offered = false;
  media.onEvent((event) => {
    // A second offer belongs to a client that reopened the peer.
    if (event.type === "offer" && event.peerId === peerId && !offered) {
      offered = true;
      client.offer(event.sdp);
    }
    if (event.type === "candidate" && event.peerId === peerId) client.candidate(event.candidate, event.mid);
  });
  media.send({ type: "openPeer", peerId, remoteAddress });
  return client;
}

/** Opus packets of one second of a 440 Hz tone, 20 ms each (fixtures/README.md). */
export async function tonePackets(): Promise<Uint8Array[]> {
  const file = await readFile(new URL("./fixtures/tone.opus", import.meta.url));
  return readOggPackets(file);
}

/** Reads the Opus packets of an Ogg file with mediabunny's demuxer. */
export async function readOggPackets(file: Uint8Array): Promise<Uint8Array[]> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(file) });
  const track = await input.getPrimaryAudioTrack();
  if (!track) throw new Error("no audio track");
  const packets: Uint8Array[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet.data);
  return packets;
}

export function writeRtp(rtp: SentRtp & { ssrc: number }): Buffer {
  const extension = rtp.level === undefined ? [] : [0xbe, 0xde, 0, 1, 0x10, rtp.level, 0, 0];
  const header = Buffer.alloc(12);
  header[0] = extension.length > 0 ? 0x90 : 0x80;
  header[1] = (rtp.marker ? 0x80 : 0) | (rtp.payloadType ?? 111);
  header.writeUInt16BE(rtp.sequence & 0xffff, 2);
  header.writeUInt32BE(rtp.timestamp >>> 0, 4);
  header.writeUInt32BE(rtp.ssrc, 8);
  return Buffer.concat([header, Buffer.from(extension), rtp.payload]);
}

function readRtp(mid: string, bytes: Buffer): ReceivedRtp {
  return {
    mid,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    marker: (bytes[1]! & 0x80) !== 0,
    payload: bytes.subarray(12),
    bytes,
    receivedAtMs: performance.now(),
  };
}
