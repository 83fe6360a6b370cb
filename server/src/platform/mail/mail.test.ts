import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { openMailer } from "./mail.ts";

interface Received {
  from: string;
  to: string;
  data: string;
}

/** The other end of SMTP (RFC 5321), as far as a mail server must go to take a mail. */
async function takeMails(): Promise<{ url: string; received: Received[]; close: () => void }> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const say = (line: string) => socket.write(`${line}\r\n`);
    let mail = { from: "", to: "", data: "" };
    let inData = false;
    createInterface(socket).on("line", (line) => {
      if (inData) {
        if (line !== ".") return void (mail.data += `${line.replace(/^\./, "")}\r\n`);
        inData = false;
        received.push(mail);
        mail = { from: "", to: "", data: "" };
        return say("250 taken");
      }
      if (/^MAIL FROM/i.test(line)) mail.from = /<(.*)>/.exec(line)?.[1] ?? "";
      if (/^RCPT TO/i.test(line)) mail.to = /<(.*)>/.exec(line)?.[1] ?? "";
      if (/^DATA/i.test(line)) {
        inData = true;
        return say("354 go on");
      }
      if (/^QUIT/i.test(line)) return void socket.end("221 bye\r\n");
      return say("250 ok");
    });
    socket.on("error", () => {});
    say("220 a mail server");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test("mails go out by SMTP, to one person each, with the link whole; what an inviter is called forges no header", async () => {
  const there = await takeMails();
  const mailer = openMailer({ smtpUrl: there.url, from: "whoot <voice@example.com>", outboxFolder: "/nowhere" });
  const link = `https://voice.example.com/invitation#${"t".repeat(43)}`;
  const message = { to: "ada@example.com", text: "Zoë invites you.", link, tenantId: null };
  try {
    await mailer.send({ ...message, subject: "Zoë\r\nBcc: eve@example.com invites you" });
  } finally {
    there.close();
  }
  expect(mailer.outbox).toBeNull();
  expect(there.received.map(({ from, to }) => [from, to])).toEqual([["voice@example.com", "ada@example.com"]]);
  const mail = await simpleParser(there.received[0]?.data ?? "");
  expect(mail.bcc).toBeUndefined();
  expect(mail.subject).toContain("Zoë");
  expect(mail.text).toContain(`Zoë invites you.\n\n${link}`);
});
