/**
 * Lists the code that goes through a client's input in a loop, with the longest input and the thread. The main thread carries everybody's audio,
 * so work that may take more than 10 ms belongs in a worker or another process.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { MAX_CLIENT_MESSAGE_BYTES } from "#contract/gateway.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { bodyLimitOf } from "./platform/http/endpoint-schema.ts";

/** Larger bodies count as bulk. */
const BULK_BYTES = 64 * 1024;

/** The operations that accept bulk, and which code reads it. */
const BULK: Record<string, string> = {
  previewInvitations: "text and csv of 512 KiB, read in a thread of its own (invitations/reading-task.ts)",
  inviteMany: "1,000 lines, counted before they are looked at; each has an address of 321 characters",
  decideAccess: "200 members, counted before they are looked at; each is an id and a mark of 64 characters",
  updateSsoConnection: "128 KiB of SAML metadata, read in a thread of its own (security/saml/metadata-task.ts)",
  consumeSsoResponse:
    "192 KiB of form, of which one field is searched and read in a thread of its own (security/saml/verify-task.ts)",
  setLogo: "1 MiB of image: passed on as bytes to tenants/logo-painter.ts, a process of its own with a time limit",
};

/** Code that goes through a whole text. */
const READS_ALL = /JSON\.parse\(|csv-parse|\.matchAll\(|\.split\(|\.normalize\(/;

const THREAD = "512 KiB, in a thread of its own with a time limit (platform/threads.ts)";
const NO_CLIENT = "nothing that a client sent";

/** The files with such code, and the longest text that a client can send there. */
const READERS: Record<string, string> = {
  "contract/addresses.ts": "in forms an address of 320 characters; 512 KiB in a thread of its own",
  "contract/countries.ts": NO_CLIENT,
  "contract/currencies.ts": NO_CLIENT,
  "contract/fold.ts": "names of 80 characters and searches of 254",
  "contract/http/endpoint.ts": "text(): four times its maximum length, which is checked first",
  "contract/look-alikes.ts": "names of at most 80 characters",
  "contract/passwords.ts": "a password of 200 characters",
  "contract/slug.ts": "names of at most 80 characters",
  "server/src/access-reviews/access-reviews.ts": "a search of 100 characters",
  "server/src/accounts/password-reset.ts": NO_CLIENT,
  "server/src/accounts/password-rules.ts": "a password of 200 characters, names and addresses",
  "server/src/accounts/passwords.ts": "a password of 200 characters",
  "server/src/accounts/second-step.ts": "a cookie of 1,000 characters",
  "server/src/audit-log/audit-log.ts": "changes of one entry, which this server wrote",
  "server/src/backups/scan.ts": NO_CLIENT,
  "server/src/billing/catalogue.ts": NO_CLIENT,
  "server/src/billing/archive/rows.ts": NO_CLIENT,
  "server/src/billing/archive/sealed.ts": NO_CLIENT,
  "server/src/billing/documents/glyphs.ts": "names of at most 200 characters; documents in a thread of its own",
  "server/src/billing/documents/layout.ts": "a document of 1,000 lines, in a thread of its own with a time limit",
  "server/src/billing/documents/words.ts": NO_CLIENT,
  "server/src/billing/golden/history-answers.ts": NO_CLIENT,
  "server/src/billing/golden/run.ts": NO_CLIENT,
  "server/src/billing/payments/expiry.ts": NO_CLIENT,
  "server/src/billing/payments/stripe-amounts.ts": NO_CLIENT,
  "server/src/deletions/command.ts": NO_CLIENT,
  "server/src/domains/names.ts": "a domain of 300 characters",
  "server/src/exports/entries.ts": NO_CLIENT,
  "server/src/invitations/csv-columns.ts": THREAD,
  "server/src/invitations/csv-records.ts": THREAD,
  "server/src/invitations/inviting.ts": "names of roles",
  "server/src/invitations/read-csv.ts": THREAD,
  "server/src/invitations/read-pasted.ts": THREAD,
  "server/src/media/sdp.ts": "an SDP of 32,000 characters, line by line",
  "server/src/accounts/breached-passwords.ts": NO_CLIENT,
  "server/src/billing/issued-numbers.ts": NO_CLIENT,
  "server/src/platform/changes.ts": NO_CLIENT,
  "server/src/platform/db/backup/file.ts": NO_CLIENT,
  "server/src/platform/db/batch.ts": NO_CLIENT,
  "server/src/platform/db/embedded.ts": NO_CLIENT,
  "server/src/platform/db/postmaster.ts": NO_CLIENT,
  "server/src/platform/http/forwarded.ts": "a header of at most 16 KiB, Node's limit",
  "server/src/members/name-order.ts": "a language tag of the header, cut at 500 characters",
  "server/src/platform/http/languages.ts": "a header, cut at 500 characters",
  "server/src/platform/http/web-app.ts": "a URL of at most 16 KiB, Node's limit",
  "server/src/platform/ip.ts": "an entry of that header",
  "server/src/platform/mail/mail.ts": NO_CLIENT,
  "server/src/platform/outbound/allow-list.ts": NO_CLIENT,
  "server/src/platform/page.ts": "a cursor of 2,000 characters",
  "server/src/platform/search-words.ts": "a search of 254 characters",
  "server/src/platform/plain.ts": NO_CLIENT,
  "server/src/platform/settings.ts": NO_CLIENT,
  "server/src/platform/tombstones.ts": NO_CLIENT,
  "server/src/recordings/sealed-audio.ts": NO_CLIENT,
  "server/src/security/saml/metadata.ts": "128 KiB of metadata, in a thread of its own with a time limit",
  "server/src/security/saml/signature.ts": "an attribute of 8 KiB, in a thread of its own with a time limit",
  "server/src/sso/admitting.ts": "an address of 254 characters, which a provider sent",
  "server/src/sso/finishing.ts": NO_CLIENT,
  "server/src/sso/request-page.ts": NO_CLIENT,
  "server/src/system/routes.ts": NO_CLIENT,
  "server/src/tenants/logo-svg.ts": "1 MiB of SVG, in the painter's process",
  "server/src/tenants/policy.ts": "names of at most 80 characters",
  "server/src/tenants/slugs.ts": "a slug of 40 characters",
  "server/src/voice/connection.ts": `a message of ${MAX_CLIENT_MESSAGE_BYTES} bytes, 50 a second`,
};

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function filesThat(read: RegExp, folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" }).map(
        (name) => `${folder}/${name.replaceAll("\\", "/")}`,
      ),
    )
    .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|\/testing\//.test(file))
    .filter((file) => read.test(readFileSync(`${ROOT}${file}`, "utf8")));
}

function bulkAmong(endpoints: ReadonlyArray<{ operationId: string; bytes: number }>): string[] {
  return endpoints.filter(({ bytes }) => bytes > BULK_BYTES).map(({ operationId }) => operationId);
}

test("every operation with a body above 64 kB is listed as accepting bulk", () => {
  const bodies = ENDPOINTS.map((spec) => ({ operationId: spec.operationId, bytes: bodyLimitOf(spec) }));
  expect(bulkAmong(bodies).sort()).toEqual(Object.keys(BULK).sort());
});

test("every file that goes through a whole text is listed with the longest text that a client can send", () => {
  const unlisted = filesThat(READS_ALL, ["contract", "server/src"]).filter((file) => !(file in READERS));
  expect(unlisted).toEqual([]);
});

test("the search for such code finds each kind of it", () => {
  expect(bulkAmong([{ operationId: "new", bytes: BULK_BYTES + 1 }])).toEqual(["new"]);
  expect(filesThat(/class Unbounded/, ["server/src"])).toEqual(["server/src/platform/http/bounds.ts"]);
  for (const line of [
    "JSON.parse(text)",
    'import { parse } from "csv-parse"',
    "text.matchAll(/x/g)",
    'text.split(",")',
    'name.normalize("NFC")',
  ])
    expect([line, READS_ALL.test(line)]).toEqual([line, true]);
});
