/** `npm run whoot -- audit verify SLUG`: checks that a workspace's log has not been changed. */
import type { Config } from "../config.ts";
import { onDatabase } from "../platform/db/for-commands.ts";
import { UsageError } from "../platform/usage.ts";
import { findTenantBySlug } from "../tenants/tenants.ts";
import { type NotedHead, type Verdict, verifyLog } from "./verify.ts";

const PROGRESS_MS = 2_000;
const count = new Intl.NumberFormat("en");

function parse(args: string[]): { slug: string; noted: NotedHead | undefined } {
  const [slug, option, value, ...rest] = args;
  if (slug === undefined || slug.startsWith("-")) throw new UsageError("Which workspace? Give its address, such as acme.");
  if (option === undefined) return { slug, noted: undefined };
  if (option !== "--expect" || rest.length > 0) throw new UsageError(`${rest[0] ?? option} is one argument too many.`);
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(value ?? "") ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new UsageError(
      "--expect takes a line that this command printed earlier: a number, a colon, and 64 hexadecimal digits.",
    );
  }
  return { slug, noted: { sequence: Number(sequence), hash: hash.toLowerCase() } };
}

function printVerdict(slug: string, { intact, head, fault }: Verdict, print: (line: string) => void): number {
  if (fault) {
    print(`The audit log of ${slug} is broken at entry ${fault.sequence}.\n${fault.says}`);
    if (intact > 0) print(`Entries 1 to ${count.format(intact)} are intact.`);
    return 1;
  }
  print(`The audit log of ${slug} is intact: ${count.format(intact)} entries, no gaps.`);
  print(`It ends with ${head.sequence}:${head.hash}`);
  print("Note this elsewhere. With --expect and the noted line, a later check also finds an end that was cut off or rewritten.");
  return 0;
}

export const auditVerify = {
  usage: "audit verify SLUG [--expect SEQUENCE:HASH]",
  does: "Checks the audit log of a workspace from its first entry to its last, and reports the first broken one.",

  /** @throws UsageError, also if the workspace does not exist */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const { slug, noted } = parse(args);
    return onDatabase(config, async (database) => {
      const tenantId = await findTenantBySlug(database, slug);
      if (!tenantId) throw new UsageError(`There is no workspace ${slug}.`);
      let printedAt = Date.now();
      const verdict = await verifyLog(database, tenantId, {
        noted,
        onProgress(intact, total) {
          if (Date.now() - printedAt < PROGRESS_MS || intact === total) return;
          printedAt = Date.now();
          print(`${count.format(intact)} of ${count.format(total)} …`);
        },
      });
      return printVerdict(slug, verdict, print);
    });
  },
};
