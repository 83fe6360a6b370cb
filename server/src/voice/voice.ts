import { Changed, CLOSE, type ClientMessage } from "#contract/gateway.ts";
import type { MediaEvent } from "#contract/media.ts";
import { closeDue, closeEnded, readAndApply } from "./access.ts";
import { admit } from "./admission.ts";
import { makeConnection, type Connection } from "./connection.ts";
import { makeJoining } from "./joining.ts";
import { makeLimiter } from "../platform/limiter.ts";
import { CLOSE_GRACE_MS, MAX_CONNECTIONS_PER_ACCOUNT, REFRESH_CONCURRENCY } from "./limits.ts";
import { setListening, stopListening } from "./listening.ts";
import { makeMediaLinks } from "./media-link.ts";
import type { Change } from "../platform/change.ts";
import type { Subject, Voice, VoiceOptions, VoiceSocket } from "./ports.ts";
import { broadcast, type LiveChannel, welcome, type Room, type Session } from "./room.ts";
import { closeAll, makeRooms } from "./rooms.ts";
import { makeTalk } from "./talk.ts";
import { makeTransmissions } from "./transmissions.ts";

/** Starts the real-time gateway of this process and listens to the media worker. `close` does not close the worker. */
export function startVoice({ media, access, store, log, now }: VoiceOptions): Voice {
  const transmissions = makeTransmissions(media, store, now);
  const talk = makeTalk(media, transmissions);
  const joining = makeJoining(media, talk);
  const links = makeMediaLinks(media, talk, transmissions);
  const limit = makeLimiter(REFRESH_CONCURRENCY);
  const deps = { access, talk, joining, limit };
  const rooms = makeRooms(
    {
      read: (room, parts) => readAndApply(room, parts, deps),
      closeEnded: (room) => closeEnded(room, deps),
      closeDue: (room, due) => closeDue(room, due, deps),
    },
    log,
  );
  const perAccount = new Map<string, number>();
  let closing: Promise<void> | null = null;

  media.onEvent((event) => {
    try {
      onMedia(event);
    } catch (error) {
      log("error", "media event failed", { type: event.type, err: error });
    }
  });

  function onMedia(event: MediaEvent): void {
    if ("peerId" in event) links.onMedia(event);
    else transmissions.onMedia(event);
  }

  async function attach(socket: VoiceSocket, subject: Subject): Promise<void> {
    const room = rooms.enter(subject.tenantId);
    perAccount.set(subject.accountId, (perAccount.get(subject.accountId) ?? 0) + 1);
    let session: Session | null = null;
    const connection: Connection = makeConnection(socket, log, () => {
      room.connections.delete(connection);
      if (session) depart(room, session);
      rooms.leave(room);
      const others = (perAccount.get(subject.accountId) ?? 0) - 1;
      if (others > 0) perAccount.set(subject.accountId, others);
      else perAccount.delete(subject.accountId);
    });
    room.connections.set(connection, subject);
    const admitted = await admit(room, connection, subject, access);
    if (admitted === null) return;
    session = admitted;
    room.sessions.set(admitted.sessionId, admitted);
    room.ends.arm();
    connection.send(welcome(room, admitted));
    connection.open((message) => onMessage(room, admitted, message));
  }

  function depart(room: Room, session: Session): void {
    room.sessions.delete(session.sessionId);
    stopListening(session);
    talk.end(room, session, null);
    for (const channelId of session.joined) joining.leave(room, session, channelId, "asked");
    links.disconnect(room, session);
  }

  function onMessage(room: Room, session: Session, message: ClientMessage): void {
    switch (message.type) {
      case "join":
        return joining.join(room, session, message.channelId);
      case "leave":
        return joining.leave(room, session, message.channelId, "asked");
      case "talk.start":
        return talk.start(room, session, message);
      case "talk.stop":
        return talk.stop(room, session);
      case "listening":
        return setListening(room, session, message);
      case "media.connect":
        return links.connect(room, session);
      case "media.answer":
        return links.answer(session, message.sdp);
      case "media.candidate":
        return links.candidate(session, message.candidate, message.mid);
      case "heartbeat":
      case "ping":
        return;
    }
  }

  function membersChanged(room: Room): void {
    room.membersVersion += 1;
    room.refresh.mark(["members"]);
  }

  function onChange(change: Change): void {
    switch (change.kind) {
      case "deaf":
        // No deadline: while this server cannot read the database, it cannot have changed it either.
        for (const room of rooms.all()) {
          room.membersVersion += 1;
          room.refresh.tryAgain(["members", "channels"]);
        }
        return;
      case "resync":
        for (const room of rooms.all()) {
          membersChanged(room);
          room.refresh.mark(["channels"]);
          for (const what of Changed.options) broadcast(room, { type: "changed", what });
        }
        return;
      case "tenantDeleted": {
        const room = rooms.find(change.tenantId);
        if (room) closeAll(room, CLOSE.goneAway, "workspace deleted");
        return;
      }
      case "sessionEnded":
        for (const room of rooms.all()) {
          for (const [connection, subject] of room.connections) {
            if (subject.sessionId === change.sessionId) connection.close(CLOSE.goneAway, "signed out");
          }
        }
        return;
      case "billingClock":
        return;
      case "changed": {
        const room = rooms.find(change.tenantId);
        if (!room) return;
        const { what, channelId } = change;
        if (what === "channels" || what === "billing") room.refresh.mark(["channels"]);
        if (what === "members" || what === "roles" || what === "tenant") membersChanged(room);
        broadcast(room, { type: "changed", what, ...(channelId !== undefined && { channelId }) });
      }
    }
  }

  /** Closes a socket that is not accepted. */
  function turnAway(socket: VoiceSocket, code: number, reason: string): void {
    socket.on("error", () => {});
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
  }

  async function shutDown(): Promise<void> {
    for (const room of rooms.all()) closeAll(room, CLOSE.restarting, "server is restarting");
    await transmissions.drained();
  }

  return {
    connect(socket, subject) {
      if (closing) return turnAway(socket, CLOSE.restarting, "server is restarting");
      if ((perAccount.get(subject.accountId) ?? 0) >= MAX_CONNECTIONS_PER_ACCOUNT) {
        return turnAway(socket, CLOSE.tooManyMessages, "too many connections");
      }
      attach(socket, subject).catch((error: unknown) =>
        log("error", "gateway admission failed", { tenantId: subject.tenantId, err: error }),
      );
    },
    onChange,
    talking(tenantId) {
      const channels = rooms.find(tenantId)?.channels ?? new Map<string, LiveChannel>();
      return [...channels].flatMap(([channelId, { talkers }]) =>
        [...talkers].map(({ memberId, speakerName }) => ({ channelId, memberId, name: speakerName })),
      );
    },
    connectedMembers(tenantId) {
      const sessions = rooms.find(tenantId)?.sessions ?? new Map<string, Session>();
      return new Set([...sessions.values()].map(({ member }) => member.memberId));
    },
    stats: () => ({
      tenants: rooms.all().length,
      sessions: rooms.all().reduce((sum, room) => sum + room.sessions.size, 0),
      peers: links.count(),
      ...transmissions.counts(),
    }),
    close: () => (closing ??= shutDown()),
  };
}
