/** What one person can try against everyone else. */
import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { type ClientMessage, ServerMessage } from "#contract/gateway.ts";
import { createRtpClient } from "../server/src/media/testing/rtp-client.ts";
import { CROWDS } from "./hostile-crowds.ts";
import { type Attack, figure, type Scene } from "./hostile-scene.ts";
import type { Stranger } from "./hostile-strangers.ts";
import { TEXTS } from "./hostile-texts.ts";
import type { Workspace } from "./workspace.ts";

/** A client that names other ports as its ICE candidates and answers no checks itself, so the server keeps sending checks there. */
async function openIntruder({ url }: Workspace, { slug, cookie }: Stranger) {
  const gateway = `${url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`;
  const socket = new WebSocket(gateway, { headers: { cookie, origin: url } });
  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  const answered = Promise.withResolvers<string>();
  const rtp = createRtpClient({
    onAnswer: (sdp) => {
      send({ type: "media.answer", sdp });
      answered.resolve(/^a=mid:(\S+)/m.exec(sdp)?.[1] ?? "0");
    },
    onCandidate: () => {},
    keepReceived: false,
  });
  socket.on("error", () => {});
  socket.on("message", (data) => {
    const message = ServerMessage.parse(JSON.parse(String(data)));
    if (message.type === "heartbeat") send(message);
    if (message.type === "welcome") send({ type: "media.connect" });
    if (message.type === "media.offer") rtp.offer(message.sdp.replaceAll(/a=candidate.*\r\n/g, ""));
  });
  const mid = await answered.promise;
  return {
    nameCandidate: (candidate: string) => send({ type: "media.candidate", candidate, mid }),
    close() {
      rtp.close();
      socket.close();
    },
  };
}

function candidates({ bench, mallory, atEnd }: Scene): Attack {
  const PORTS = 100;
  return {
    letter: "H",
    name: "candidates that name ports of others",
    async run(until) {
      let packets = 0;
      const hit = new Set<number>();
      const sockets = Array.from({ length: PORTS }, (_, at) => {
        const socket = createSocket("udp4");
        return socket.on("message", () => {
          packets += 1;
          hit.add(at);
        });
      });
      for (const socket of sockets) await new Promise<void>((bound) => void socket.bind(0, "127.0.0.1", bound));
      atEnd(() => sockets.forEach((socket) => socket.close()));
      const intruder = await openIntruder(bench, mallory);
      for (const socket of sockets) {
        intruder.nameCandidate(`candidate:1 1 UDP 2122317823 127.0.0.1 ${socket.address().port} typ host`);
        await sleep(20);
      }
      await sleep(Math.max(0, until - performance.now()));
      intruder.close();
      return [
        figure(`ports that the server sent to, out of ${PORTS}`, hit.size, {
          aim: 10,
          unit: "ports",
          reference: `${packets} packets`,
        }),
      ];
    },
  };
}

/** Attacks that need an empty workspace of the attacker come first. */
export const ATTACKS: ReadonlyArray<(scene: Scene) => Attack> = [...TEXTS, ...CROWDS, candidates];
