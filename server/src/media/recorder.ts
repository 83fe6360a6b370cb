/**
 * Writes one transmission as Ogg Opus (RFC 7845) packet by packet as it arrives, without decoding.
 *
 * mediabunny's muxer makes the pages. It takes a packet's length from the TOC byte and ignores timestamps, so gaps would
 * vanish. Therefore each lost packet is replaced as RFC 7845 §4.1 prescribes: by a packet with only a TOC byte, which makes
 * the decoder conceal the loss for that long. This also keeps the granule positions right.
 */
import { EncodedAudioPacketSource, EncodedPacket, NullTarget, OggOutputFormat, Output } from "mediabunny";
import { LevelMeter } from "./levels.ts";
import { opusFrameSamples, RTP_HEADER_BYTES, SAMPLES_PER_MS } from "./rtp.ts";
import type { AudioPacket } from "./audio-packet.ts";

export interface RecordedPiece {
  sequence: number;
  bytes: Uint8Array;
  durationMs: number;
  levels: number[];
  last: boolean;
}

const MAX_PAGE_SECONDS = 1;
/** A missing packet counts as lost after this long. */
const REORDER_MS = 60;
const PRE_SKIP_SAMPLES = 312;
const SAMPLE_RATE = SAMPLES_PER_MS * 1_000;
/** Byte offsets of fields in an Ogg page (RFC 3533 §6). */
const PAGE_FLAGS = 5;
const PAGE_GRANULE_POSITION = 6;
const PAGE_SEQUENCE = 18;
const END_OF_STREAM = 4;
/** OpusHead and OpusTags take one page each (RFC 7845 §3). */
const HEADER_PAGES = 2;

export class Recorder {
  readonly #onPiece: (piece: RecordedPiece) => void;
  readonly #source = new EncodedAudioPacketSource("opus");
  readonly #output: Output;
  readonly #levels = new LevelMeter();
  /** The last write. Each write waits for the one before, because mediabunny is asynchronous. */
  #writing: Promise<unknown>;
  #waiting: AudioPacket[] = [];
  #nextSequence = 0;
  #nextTimestamp = 0;
  #writtenSamples = 0;
  #toc = -1;
  #headerPages: Uint8Array[] = [];
  #pieces = 0;

  constructor(onPiece: (piece: RecordedPiece) => void) {
    this.#onPiece = onPiece;
    this.#output = new Output({
      format: new OggOutputFormat({ maximumPageDuration: MAX_PAGE_SECONDS, onPage: (page) => this.#pageClosed(page) }),
      target: new NullTarget(),
    });
    this.#output.addAudioTrack(this.#source);
    this.#writing = this.#output.start();
    // end() reports the error; until then it must not count as unhandled.
    this.#writing.catch(() => {});
  }

  /** Takes packets as they arrive. Reorders packets that are up to 60 ms late. */
  write(packet: AudioPacket): void {
    if (this.#toc !== -1 && packet.sequence < this.#nextSequence) return;
    let index = this.#waiting.length;
    while (index > 0 && this.#waiting[index - 1]!.sequence > packet.sequence) index--;
    if (this.#waiting[index - 1]?.sequence === packet.sequence) return;
    this.#waiting.splice(index, 0, packet);
    this.#release(packet.receivedAtMs);
  }

  /** Writes the waiting packets and ends the file. Writes nothing for a transmission without audio. */
  async end(): Promise<void> {
    this.#release(Infinity);
    if (this.#toc === -1) {
      await this.#writing;
      await this.#output.cancel();
      return;
    }
    await this.#writing;
    await this.#output.finalize();
  }

  #release(nowMs: number): void {
    let head = this.#waiting[0];
    while (head && (head.sequence === this.#nextSequence || nowMs - head.receivedAtMs >= REORDER_MS || this.#isFirst(head))) {
      this.#waiting.shift();
      this.#append(head);
      head = this.#waiting[0];
    }
  }

  #isFirst(packet: AudioPacket): boolean {
    if (this.#toc !== -1) return false;
    this.#nextSequence = packet.sequence;
    this.#nextTimestamp = packet.timestamp;
    return true;
  }

  #append(packet: AudioPacket): void {
    this.#isFirst(packet);
    this.#fill(packet.timestamp - this.#nextTimestamp);
    // A copy, because a slice would keep the whole network buffer in memory.
    const opus = new Uint8Array(packet.frame.subarray(RTP_HEADER_BYTES));
    this.#levels.add(this.#writtenSamples, packet.samples, packet.level);
    this.#put(opus, packet.samples);
    this.#toc = opus[0]!;
    this.#nextSequence = packet.sequence + 1;
    this.#nextTimestamp = Math.max(this.#nextTimestamp, packet.timestamp) + packet.samples;
  }

  /** Fills a gap with concealment, in whole frames of the talker's kind. The remainder is added to the next gap. */
  #fill(gapSamples: number): void {
    if (this.#toc === -1) return;
    // Frame count code 0: one frame, here with no bytes (RFC 6716 §3.2.1).
    const toc = this.#toc & 0xfc;
    const frameSamples = opusFrameSamples(toc);
    for (let gap = gapSamples; gap >= frameSamples; gap -= frameSamples) {
      this.#put(Uint8Array.of(toc), frameSamples);
      this.#nextTimestamp += frameSamples;
    }
  }

  #put(opus: Uint8Array, samples: number): void {
    const packet = new EncodedPacket(opus, "key", this.#writtenSamples / SAMPLE_RATE, samples / SAMPLE_RATE);
    this.#writtenSamples += samples;
    this.#writing = this.#writing.then(() => this.#source.add(packet, OPUS));
    this.#writing.catch(() => {});
  }

  #pageClosed(page: Uint8Array): void {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    if (view.getUint32(PAGE_SEQUENCE, true) < HEADER_PAGES) {
      this.#headerPages.push(page);
      return;
    }
    const bytes = new Uint8Array(Buffer.concat([...this.#headerPages, page]));
    this.#headerPages = [];
    const samples = Number(view.getBigInt64(PAGE_GRANULE_POSITION, true));
    const last = (view.getUint8(PAGE_FLAGS) & END_OF_STREAM) !== 0;
    this.#onPiece({
      sequence: this.#pieces++,
      bytes,
      durationMs: samples / SAMPLES_PER_MS,
      levels: this.#levels.take(samples, last),
      last,
    });
  }
}

/**
 * RFC 7845 §5.1. Pre-skip is the look-ahead of libopus, 312 samples (6.5 ms): the output of a decoder before the talker's
 * first sample. No speech is lost. Players show a length that is 6.5 ms shorter than the sum of the packets.
 */
const OPUS: EncodedAudioChunkMetadata = {
  decoderConfig: { codec: "opus", sampleRate: SAMPLE_RATE, numberOfChannels: 1, description: opusHead() },
};

function opusHead(): Uint8Array {
  const head = Buffer.alloc(19);
  head.write("OpusHead", "latin1");
  head[8] = 1;
  head[9] = 1;
  head.writeUInt16LE(PRE_SKIP_SAMPLES, 10);
  head.writeUInt32LE(SAMPLE_RATE, 12);
  head.writeInt16LE(0, 16);
  head[18] = 0;
  return new Uint8Array(head);
}
