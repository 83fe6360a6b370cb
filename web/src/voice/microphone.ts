import type { Microphone } from "./model.ts";

export type MicrophoneAnswer = { track: MediaStreamTrack } | { problem: Exclude<Microphone, "unasked" | "asking" | "ready"> };

/** Asks the browser for the microphone. */
export async function openMicrophone(): Promise<MicrophoneAnswer> {
  // Absent on plain HTTP (Secure Contexts).
  if (!navigator.mediaDevices?.getUserMedia) return { problem: "insecure" };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
    const track = stream.getAudioTracks()[0];
    return track ? { track } : { problem: "missing" };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): "denied" | "missing" | "busy" {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}
