import { Readable } from "node:stream";
import * as endpoints from "#contract/http/recordings.ts";
import type { Serve } from "../http/serve.ts";
import type { Services } from "../services.ts";
import { listTransmissions, openRecording, parseRange } from "./recordings.ts";

export function registerRecordingRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.listTransmissions, ({ tx, member, params, query }) =>
    listTransmissions(tx, member, { ...params, ...query }),
  );

  serve.member(endpoints.playTransmission, async ({ tx, member, params, request, reply }) => {
    const audio = await openRecording(services, tx, member, params.transmissionId);
    try {
      reply.header("accept-ranges", "bytes").header("cache-control", "no-store").type("audio/ogg");
      reply.header("content-range", `bytes */${audio.size}`); // for 416 (RFC 9110 §15.5.17)
      const range = parseRange(request.headers.range, audio.size);
      reply.removeHeader("content-range");
      const { start, end } = range ?? { start: 0, end: audio.size };
      reply.header("content-length", end - start);
      if (range) reply.status(206).header("content-range", `bytes ${start}-${end - 1}/${audio.size}`);
      // Closed with the stream, which ends with the listener: a generator that never began would close nothing.
      return Readable.from(audio.read(start, end), { objectMode: false }).once("close", () => void audio.close());
    } catch (error) {
      await audio.close();
      throw error;
    }
  });
}
