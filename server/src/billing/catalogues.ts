/** The catalogues that subscriptions were bought from: the operator's newest version, and all earlier ones, which never change. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import type { Config } from "../config.ts";
import type { Database } from "../platform/db/pools.ts";
import { canonicalJson } from "../platform/canonical-json.ts";
import { StartupError } from "../platform/startup-error.ts";
import { UsageError } from "../platform/usage.ts";
import type { Billing } from "../services.ts";
import { readCatalogue, readCatalogueFile } from "./catalogue.ts";
import * as queries from "./catalogue-queries.ts";

const SAMPLE = new URL("sample-catalogue.json", import.meta.url);

function read(billing: Config["billing"]): BillingCatalogue | null {
  if (billing === null || billing === "off") return null;
  const { catalogue, problems = [] } =
    billing === "sample" ? readCatalogue(readFileSync(SAMPLE)) : readCatalogueFile(billing.file);
  if (catalogue) return catalogue;
  const file = billing === "sample" ? "The sample catalogue" : billing.file;
  throw new StartupError(`${file} can't be used for billing:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

/** Without its catalogue, the server would lift all limits silently, and charge for that time later. @throws StartupError */
async function refuseWithoutCatalogue(database: Database): Promise<void> {
  const settled = await database.asPlatformStatement("whether the server has billed", queries.findSettledCatalogue);
  if (!settled || settled.sample) return;
  throw new StartupError(
    "This server bills, and its catalogue is gone. Put billing.json back into the data folder, name the catalogue in WHOOT_BILLING, or switch billing off with WHOOT_BILLING=off.",
  );
}

/** Adds the catalogue as a new version if it differs from the newest. @returns its version */
function enter(database: Database, catalogue: BillingCatalogue, isSample: boolean): Promise<number> {
  const text = canonicalJson(catalogue);
  const sha256 = createHash("sha256").update(text).digest();
  return database.asPlatform("the newest billing catalogue", async ({ db }) => {
    await queries.lockCatalogues(db);
    if (await queries.hasCatalogueOf(db, !isSample)) {
      throw new StartupError(
        isSample
          ? "This database has been billed for real. Try the sample catalogue with an empty data folder (WHOOT_DATA)."
          : "This database was used with the sample catalogue, whose subscriptions and invoices are none. Start billing with an empty data folder (WHOOT_DATA).",
      );
    }
    const newest = await queries.findNewestCatalogue(db);
    if (newest && newest.currency !== catalogue.currency.code) {
      throw new StartupError(
        `This database has been billed in ${newest.currency}, so its catalogue can't be in ${catalogue.currency.code}: balances and open invoices would mix. Keep the currency, or start with an empty data folder (WHOOT_DATA).`,
      );
    }
    if (newest && newest.sha256.equals(sha256)) return newest.version;
    return queries.insertCatalogue(db, { version: (newest?.version ?? 0) + 1, text, sha256, isSample });
  });
}

/** Reads the catalogue once, when the server starts. @throws StartupError for a catalogue that cannot be used */
export async function openBilling({ billing }: Pick<Config, "billing">, database: Database): Promise<Billing> {
  if (billing === null) await refuseWithoutCatalogue(database);
  const catalogue = read(billing);
  const isSample = billing === "sample";
  const issuer = catalogue?.issuer;
  const sale = catalogue && issuer ? { version: await enter(database, catalogue, isSample), catalogue, issuer } : null;
  if (sale) versionsOf(database).set(sale.version, sale.catalogue);
  let ahead = 0;
  async function readClock(): Promise<void> {
    if (isSample) ahead = await database.asPlatformStatement("the sample clock", queries.findClock);
  }
  await readClock();
  return { sale, isSample, now: () => Math.floor(Date.now() / 1_000) + ahead, readClock };
}

/** Opens billing for the operator's commands from the stored catalogue, so it needs no setting. @throws UsageError while billing is off */
export async function openSettledBilling(database: Database): Promise<Billing & { sale: NonNullable<Billing["sale"]> }> {
  const found = await database.asPlatformStatement("what the server sells", queries.findSettledCatalogue);
  const catalogue = found && BillingCatalogue.parse(found.content);
  if (!found || !catalogue?.issuer) {
    throw new UsageError("Billing is off on this server. Start it with a catalogue (WHOOT_BILLING), and try again.");
  }
  const ahead = await database.asPlatformStatement("the sample clock", queries.findClock);
  return {
    sale: { version: found.version, catalogue, issuer: catalogue.issuer },
    isSample: found.sample,
    now: () => Math.floor(Date.now() / 1_000) + ahead,
    readClock: async () => {},
  };
}

/** Cached, because versions never change. */
const known = new WeakMap<Database, Map<number, BillingCatalogue>>();

function versionsOf(database: Database): Map<number, BillingCatalogue> {
  const versions = known.get(database) ?? new Map<number, BillingCatalogue>();
  known.set(database, versions);
  return versions;
}

/** The catalogue with this version. */
export async function catalogueOf(database: Database, version: number): Promise<BillingCatalogue> {
  const versions = versionsOf(database);
  const found = versions.get(version);
  if (found) return found;
  const content = await database.asPlatformStatement("a version of the billing catalogue", (db) =>
    queries.findCatalogue(db, version),
  );
  const catalogue = BillingCatalogue.parse(content);
  versions.set(version, catalogue);
  return catalogue;
}
