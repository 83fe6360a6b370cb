/** Where the server sends packets and who can connect, with real UDP sockets on loopback addresses. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectRtpClient, type RtpClient } from "./testing/rtp-client.ts";
import { openStage, type Stage } from "./testing/stage.ts";
import { until } from "./testing/until.ts";

/** Linux binds all of 127.0.0.0/8. The server counts only the first of these as its own address. */
const OWN = "127.0.0.1";
const ELSEWHERE = "127.0.0.2";
const isLinux = process.platform === "linux";

let stage: Stage;
let sockets: Socket[];
beforeEach(() => {
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.close();
  await stage.close();
});

/** Opens a port that counts the packets it receives. */
async function bystander(address: string): Promise<{ candidate: string; port: number; received: () => number }> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  let packets = 0;
  socket.on("message", () => (packets += 1));
  socket.bind(0, address);
  await once(socket, "listening");
  const { port } = socket.address();
  return { port, candidate: `candidate:1 1 udp 2122194687 ${address} ${port} typ host`, received: () => packets };
}

/** A client that sends these candidates instead of its own, either in messages or in its answer. */
function clientThatNames(candidates: string[], remoteAddress: string | undefined, inAnswer: boolean): RtpClient {
  const peerId = "hostile";
  const client = connectRtpClient(
    stage.media,
    peerId,
    {
      onCandidate: () => {},
      onAnswer: (sdp) => {
        const lines = candidates.map((candidate) => `a=${candidate}\r\n`).join("");
        const bare = sdp.replace(/^a=candidate:.*\r\n/gm, "").replace(/^(a=mid:microphone\r\n)/m, inAnswer ? `$1${lines}` : "$1");
        stage.media.send({ type: "answer", peerId, sdp: bare });
        if (inAnswer) return;
        for (const candidate of candidates) stage.media.send({ type: "candidate", peerId, candidate, mid: "microphone" });
      },
    },
    remoteAddress,
  );
  // The client never learns the server's address and sends nothing, so only the candidates make the server send packets.
  client.candidate = () => {};
  return client;
}

describe.runIf(isLinux)("a client's candidates", () => {
  it.each([
    ["in messages", false],
    ["in the answer", true],
  ])(
    "get no packet if they are not at the address of the client's connection (%s)",
    async (_name, inAnswer) => {
      stage = await openStage({ machineAddresses: () => [OWN] });
      const victims = await Promise.all(Array.from({ length: 5 }, () => bystander(ELSEWHERE)));
      const witness = await bystander(OWN);
      const client = clientThatNames(
        [...victims, witness].map(({ candidate }) => candidate),
        "127.0.0.3",
        inAnswer,
      );
      // ICE sends to all candidates in turn: by the witness's fifth packet, the others would have received some too.
      await until("packets to the accepted candidate", () => witness.received() >= 5);
      expect(victims.map(({ received }) => received())).toEqual([0, 0, 0, 0, 0]);
      client.close();
    },
    40_000,
  );

  it("get packets if they are at the address of the client's connection", async () => {
    stage = await openStage({ machineAddresses: () => [OWN] });
    const browser = await bystander(ELSEWHERE);
    const client = clientThatNames([browser.candidate], ELSEWHERE, false);
    await until("packets", () => browser.received() > 0);
    client.close();
  });

  it("are limited to ten", async () => {
    stage = await openStage({ machineAddresses: () => [OWN] });
    const all = await Promise.all(Array.from({ length: 14 }, () => bystander(OWN)));
    const client = clientThatNames(
      all.map(({ candidate }) => candidate),
      OWN,
      false,
    );
    await until("packets to the tenth", () => all.slice(0, 10).every(({ received }) => received() > 1));
    expect(all.slice(10).map(({ received }) => received())).toEqual([0, 0, 0, 0]);
    client.close();
  });
});

describe("for this machine only", () => {
  const asByDefault = { listenAddress: "0.0.0.0", thisMachineOnly: true };

  it("clients on loopback and on any other address of the machine connect", async () => {
    stage = await openStage(asByDefault);
    await stage.join("loopback", "channel", { bindAddress: OWN });
    await stage.join("anywhere", "channel", { bindAddress: "0.0.0.0" });
    const addresses = stage.eventsOf("candidate").filter(({ peerId }) => peerId === "loopback");
    expect(addresses.filter(({ candidate }) => candidate.includes(" 127.0.0.1 "))).toHaveLength(1);
  });

  it.runIf(isLinux)("a client that connects from another machine is closed", async () => {
    stage = await openStage({ ...asByDefault, listenAddress: OWN, machineAddresses: () => [OWN] });
    const client = connectRtpClient(stage.media, "remote", { bindAddress: ELSEWHERE }, ELSEWHERE);
    await until("the refusal", () => stage.eventsOf("peerState").length > 0);
    expect(stage.eventsOf("peerState")).toEqual([{ type: "peerState", peerId: "remote", state: "failed" }]);
    client.close();
  });

  it("a machine without a network listens on loopback", async () => {
    stage = await openStage({ ...asByDefault, machineAddresses: () => ["127.0.0.1", "::1"] });
    await stage.join("local", "channel", { bindAddress: OWN });
  });
});
