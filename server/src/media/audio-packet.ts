/** One packet of a talker's audio, validated and placed on the uplink's timeline. */
export interface AudioPacket {
  /** 12 bytes for an RTP header, overwritten by each slot, then the Opus payload. */
  frame: Buffer;
  /** RTP sequence number, extended so that it never wraps. */
  sequence: number;
  /** In samples at 48 kHz. Never wraps, and does not follow jumps of the RTP timestamp. */
  timestamp: number;
  samples: number;
  /** Loudness, 0–100. */
  level: number;
  /** Milliseconds of the monotonic clock, `performance.now()`. */
  receivedAtMs: number;
}
