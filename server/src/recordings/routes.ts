import * as endpoints from "#contract/http/recordings.ts";
import { memberRoute } from "../http/route.ts";
import { sendRange } from "../platform/http/range.ts";
import { listTransmissions, openRecording } from "./recordings.ts";

export const recordingRoutes = [
  memberRoute(endpoints.listTransmissions, (ctx, { params, query }) => listTransmissions(ctx, { ...params, ...query })),
  memberRoute(endpoints.playTransmission, async (ctx, { params, request, reply }) => {
    const audio = await openRecording(ctx, params);
    return sendRange(request, reply, audio, { contentType: "audio/ogg" });
  }),
];
