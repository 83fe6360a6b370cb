import * as endpoints from "#contract/http/recordings.ts";
import type { Serve } from "../http/serve.ts";
import { sendRange } from "../platform/http/range.ts";
import type { Services } from "../services.ts";
import { listTransmissions, openRecording } from "./recordings.ts";

export function registerRecordingRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.listTransmissions, ({ tx, member, params, query }) =>
    listTransmissions(tx, member, { ...params, ...query }),
  );

  serve.member(endpoints.playTransmission, async ({ tx, member, account, params, request, reply }) => {
    const audio = await openRecording(services, tx, member, account, params.transmissionId);
    return sendRange(request, reply, audio, { contentType: "audio/ogg" });
  });
}
