import { recordingRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";
import { sealedBlobs } from "../platform/sealed-blobs.ts";
import { isSealedWith, sealAnew } from "./sealed-audio.ts";

export const recordings: Feature = {
  name: "recordings",
  routes: () => recordingRoutes,
  tables: [
    {
      table: "transmissions",
      kind: "transmissions",
      erase: { by: "transmission_id" },
      refersTo: ["channels", "members"],
      exportAs: "transmissions",
      exported: ["transmission_id", "channel_id", "member_id", "speaker_name", "started_at", "duration_ms", "status", "waveform"],
      withheld: [],
    },
  ],
  folders: [{ place: "recordings", kind: "recordings", store: ({ blobs }) => blobs }],
  sealed: (services) => [sealedBlobs(services, services.blobs, { isSealedWith, sealAnew, keepsCutShort: true })],
  announces: ["transmissions"],
};
