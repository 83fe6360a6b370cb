import { z } from "zod";
import { endpoint } from "./endpoint.ts";

export const getSystem = endpoint({
  operationId: "getSystem",
  method: "GET",
  path: "/system",
  summary: "What the web app needs to know before anyone signs in.",
  access: "public",
  success: {
    status: 200,
    description: "The server's version, and what it offers",
    schema: z.strictObject({
      version: z.string(),
      passkeyUrl: z
        .string()
        .nullable()
        .describe("Where passkeys work: the server's public URL. Null when its host is an IP address, for which there are none."),
      outbox: z.boolean().describe("True when mail goes to the outbox folder and this caller may read it at /outbox"),
    }),
  },
});

/** The outbox shows this many of the newest mails. */
const MAX_MAILS = 100;

export const listOutbox = endpoint({
  operationId: "listOutbox",
  method: "GET",
  path: "/outbox",
  summary: "Mails that were not sent because no mail server is set, newest first. From this machine only; 404 otherwise.",
  access: "public",
  success: {
    status: 200,
    description: "The mails",
    schema: z.strictObject({
      items: z
        .array(
          z.strictObject({
            mailId: z.string(),
            to: z.string(),
            subject: z.string(),
            sentAt: z.string(),
            text: z.string(),
            link: z.string().nullable().describe("The link that the mail asks to open"),
          }),
        )
        .max(MAX_MAILS),
    }),
  },
});
