import { mailedPaths } from "#contract/paths.ts";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { pageLink } from "./link.ts";
import { openMailer } from "./mail.ts";
import { harmless, type MailWords, mailWords } from "./words.ts";

const publicServer = { publicUrl: () => "https://voice.example.com" };

interface Received {
  from: string;
  to: string;
  data: string;
}

/** A minimal SMTP server (RFC 5321). @param refusal its answer to every recipient; by default it accepts mails */
async function startMailServer(refusal?: string): Promise<{ url: string; received: Received[]; close: () => void }> {
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
      if (refusal !== undefined && /^RCPT TO/i.test(line)) return say(refusal);
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

const send = async (subject: MailWords, text: MailWords) => {
  const server = await startMailServer();
  const mailer = openMailer({ smtpUrl: server.url, from: "whoot <voice@example.com>", outboxFolder: "/nowhere" });
  expect(mailer.outbox).toBeNull();
  const link = pageLink(publicServer, mailedPaths.invitation("t".repeat(43)));
  try {
    await mailer.send({ to: "ada@example.com", subject, text, link, tenantId: null });
  } finally {
    server.close();
  }
  expect(server.received.map(({ from, to }) => [from, to])).toEqual([["voice@example.com", "ada@example.com"]]);
  return { link, mail: await simpleParser(server.received[0]?.data ?? "") };
};

test("a mail goes out by SMTP with its whole link, and asks for no automatic replies", async () => {
  const { mail, link } = await send(mailWords`${"Zoë"} invites you`, mailWords`${"Zoë"} invites you.`);
  expect(mail.subject).toBe("Zoë invites you");
  expect(mail.text).toContain(`Zoë invites you.\n\n${link}`);
  expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
  expect(mail.headers.get("x-auto-response-suppress")).toBe("All");
});

test("a name cannot forge a header in the subject or the text", async () => {
  const name = "Zoë\r\nBcc: eve@example.com\r\n\r\nhttps://evil.example\u2028x";
  // The second subject did not go through mailWords: the mailer must be safe without it.
  for (const subject of [mailWords`${name}`, name as MailWords]) {
    const { mail } = await send(subject, mailWords`${name} invites you.`);
    expect(mail.bcc).toBeUndefined();
    expect(mail.subject).toContain("Zoë");
    expect(mail.headers.has("bcc")).toBe(false);
    expect(mail.text?.split("\n")[0]).toContain("invites you.");
  }
});

test.each([
  "https://evil.example/sign-in",
  "HTTP://EVIL.EXAMPLE",
  "evil.example",
  "Reset at evil.example/now",
  "www.evil.example",
  "ftp://evil.example",
  "//evil.example",
  "\\\\evil.example\\share",
  "eve@evil.example",
  "mailto:eve@evil.example",
  "evil.xn--p1ai",
  "зло.рф",
  "evil。example",
  "evil．example",
  "203.0.113.9",
  "localhost:3000/x",
  "a.b.c.evil.example:8080/?q=1#x",
  "javascript:alert(1)",
  "x.evil.example.",
  "(evil.example)",
  "evil.example,evil.example",
])("no mail client makes a link of the name %j", async (name) => {
  const { mail, link } = await send(mailWords`${name} invites you`, mailWords`${name} invites you to ${name} as ${name}.`);
  // mailparser links every host name with an existing top-level domain.
  const links = [...(mail.textAsHtml ?? "").matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
  expect(links).toEqual([link]);
  expect(mail.subject).toBe(`${harmless(name)} invites you`);
});

test.each([
  "J. R. Tolkien",
  "Acme Inc.",
  "AC/DC",
  "Dispatch & Co",
  "Ben (nights)",
  "Zürich – Börse",
  "東京オペレーション",
  "Team: Nord",
  "wait... what?",
])("the name %j reads as it was typed", (name) => expect(mailWords`${name}`).toBe(name));

test("a dot inside a name gets a space behind it", () => {
  expect(harmless("St.Gallen 2.0 of booking.com")).toBe("St. Gallen 2. 0 of booking. com");
});

test("when a mail server refuses a recipient, neither the job's error nor the log contains the address", async () => {
  const server = await startMailServer("550 5.1.1 <ada@example.com>: Recipient address rejected: no ada here");
  const mailer = openMailer({ smtpUrl: server.url, from: "whoot <voice@example.com>", outboxFolder: "/nowhere" });
  const error: unknown = await mailer
    .send({
      to: "ada@example.com",
      subject: mailWords`Hello`,
      text: mailWords`Hello`,
      link: pageLink(publicServer, mailedPaths.invitation("token")),
      tenantId: null,
    })
    .catch((reason: unknown) => reason);
  server.close();
  expect((error as Error).message).toBe("a mail could not be sent (EENVELOPE, 550 5.1.1)");
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/ada/);
});
