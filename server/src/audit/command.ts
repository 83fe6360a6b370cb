/** `npm run whoot -- audit verify SLUG`: is a workspace's log what was written? */
import type { Config } from "../config.ts";
import { onDatabase } from "../platform/db/reach.ts";
import { UsageError } from "../platform/usage.ts";
import { findTenantBySlug } from "../tenants/tenants.ts";
import { type NotedHead, type Verdict, verifyLog } from "./verify.ts";

const PROGRESS_MS = 2_000;
const count = new Intl.NumberFormat("en");

function parse(args: string[]): { slug: string; noted: NotedHead | undefined } {
  const [slug, option, value, ...rest] = args;
  if (slug === undefined || slug.startsWith("-")) throw new UsageError("Which workspace? Name it by its address.");
  if (option === undefined) return { slug, noted: undefined };
  if (option !== "--expect" || rest.length > 0) throw new UsageError(`${rest[0] ?? option} is one word too many.`);
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(value ?? "") ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new UsageError("--expect takes an end of the log as it was printed: a number, a colon, and 64 hexadecimal digits.");
  }
  return { slug, noted: { sequence: Number(sequence), hash: hash.toLowerCase() } };
}

function say(slug: string, { whole, head, fault }: Verdict, print: (line: string) => void): number {
  if (fault) {
    print(`The audit log of ${slug} is broken at entry ${fault.sequence}.\n${fault.says}`);
    if (whole > 0) print(`The ${count.format(whole)} entries up to ${whole} are whole.`);
    return 1;
  }
  print(`The audit log of ${slug} is whole: ${count.format(whole)} entries, no gap.`);
  print(`It ends with ${head.sequence}:${head.hash}`);
  print(
    "Note this elsewhere. With --expect and what was noted, a later check also finds an end that was cut off or written anew.",
  );
  return 0;
}

export const auditVerify = {
  usage: "audit verify SLUG [--expect SEQUENCE:HASH]",
  does: "Checks the audit log of a workspace from its first entry to its last, and names the first that is broken.",

  /** @throws UsageError also for a workspace that there isn't */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const { slug, noted } = parse(args);
    return onDatabase(config, async (database) => {
      const tenantId = await findTenantBySlug(database, slug);
      if (!tenantId) throw new UsageError(`There is no workspace ${slug}.`);
      let told = Date.now();
      const verdict = await verifyLog(database, tenantId, {
        noted,
        onProgress(whole, of) {
          if (Date.now() - told < PROGRESS_MS || whole === of) return;
          told = Date.now();
          print(`${count.format(whole)} of ${count.format(of)} …`);
        },
      });
      return say(slug, verdict, print);
    });
  },
};
