import { z } from "zod";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const TransmissionStatus = z
  .enum(["recording", "complete", "incomplete", "cut_short"])
  .describe(
    "recording: in progress. complete: all of it is stored. incomplete: part of it could not be stored. " +
      "cut_short: the server stopped before its end; the audio up to then is stored.",
  )
  .meta({ id: "TransmissionStatus" });
export type TransmissionStatus = z.infer<typeof TransmissionStatus>;

/** The most values that a waveform has, whatever the recording's length. */
export const WAVEFORM_POINTS = 100;

const Transmission = z
  .strictObject({
    transmissionId: Id,
    channelId: Id,
    memberId: Id.nullable().describe("Null when the speaker is no longer a member"),
    speakerName: z.string(),
    startedAt: Time,
    durationMs: z.int(),
    status: TransmissionStatus,
    waveform: z
      .array(z.int().min(0).max(100))
      .describe(`Loudness over time, 0–100, at most ${WAVEFORM_POINTS} values; empty while recording`),
    can: z.strictObject({ play: z.boolean() }),
  })
  .meta({ id: "Transmission" });

export const listTransmissions = endpoint({
  operationId: "listTransmissions",
  method: "GET",
  path: "/tenants/{slug}/channels/{channelId}/transmissions",
  summary: "A page of the transmissions of a recorded channel, newest first.",
  access: "member",
  params: TenantParams.extend({ channelId: Id }),
  query: PageQuery,
  success: { status: 200, description: "A page of transmissions", schema: page(Transmission) },
});

export const playTransmission = endpoint({
  operationId: "playTransmission",
  method: "GET",
  path: "/tenants/{slug}/transmissions/{transmissionId}/audio",
  summary: "The recording as Ogg Opus. Supports a single byte range (RFC 9110 §14), answered with 206.",
  access: "member",
  permission: "recording.play",
  params: TenantParams.extend({ transmissionId: Id }),
  audits: ["recording.played"],
  success: { status: 200, description: "The audio", contentType: "audio/ogg" },
  errors: ["range_not_satisfiable"],
});
