/** A real `Media` on loopback with real WebRTC clients, for tests. */
import type { MediaEvent, MediaOptions } from "#contract/media.ts";
import { startMedia } from "../media.ts";
import { connectRtpClient, tonePackets, type RtpClient, type RtpClientOptions } from "./rtp-client.ts";
import { until } from "./until.ts";

type EventOf<Type extends MediaEvent["type"]> = Extract<MediaEvent, { type: Type }>;

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage(options: Partial<MediaOptions> = {}) {
  const events: MediaEvent[] = [];
  const clients: RtpClient[] = [];
  const media = await startMedia({ port: 0, listenAddress: "127.0.0.1", log: () => {}, ...options });
  media.onEvent((event) => events.push(event));
  const tone = await tonePackets();

  const eventsOf = <Type extends MediaEvent["type"]>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type);

  return {
    media,
    events,
    eventsOf,
    /** Opens a peer and resolves once audio can flow both ways. */
    async join(peerId: string, channelId?: string, clientOptions: Partial<RtpClientOptions> = {}): Promise<RtpClient> {
      const client = connectRtpClient(media, peerId, clientOptions);
      clients.push(client);
      const isConnected = () => eventsOf("peerState").some((event) => event.peerId === peerId && event.state === "connected");
      await until(`${peerId} to connect`, () => isConnected() && client.state() === "connected");
      if (channelId) media.send({ type: "subscribe", peerId, channelId });
      return client;
    },
    /** Sends a tone; timestamps and sequence numbers continue from call to call. */
    voice(client: RtpClient, from: { sequence?: number; timestamp?: number } = {}) {
      let sequence = from.sequence ?? 65_500;
      let timestamp = from.timestamp ?? 4_294_900_000;
      let sent = 0;
      return {
        /** Sends `count` packets of 20 ms at once. */
        say(count: number, extra: { level?: number; ssrc?: number; payloadType?: number } = {}): void {
          for (let index = 0; index < count; index++) {
            client.send({ payload: tone[sent++ % tone.length]!, sequence: sequence++, timestamp, ...extra });
            timestamp += 960;
          }
        },
        /** Skips `count` packets, as if the network had lost them. */
        lose(count: number): void {
          sequence += count;
          timestamp += count * 960;
        },
      };
    },
    start: (transmissionId: string, peerId: string, channelId: string, record = false) =>
      media.send({ type: "startTransmission", transmissionId, peerId, channelId, record }),
    async end(transmissionId: string): Promise<EventOf<"transmissionEnded">> {
      media.send({ type: "endTransmission", transmissionId });
      return this.ended(transmissionId);
    },
    async ended(transmissionId: string): Promise<EventOf<"transmissionEnded">> {
      const find = () => eventsOf("transmissionEnded").find((event) => event.transmissionId === transmissionId);
      await until(`the end of ${transmissionId}`, () => find() !== undefined);
      return find()!;
    },
    pieces: (transmissionId: string) => eventsOf("recordingPiece").filter((event) => event.transmissionId === transmissionId),
    async close(): Promise<void> {
      for (const client of clients) client.close();
      await media.close();
    },
  };
}
