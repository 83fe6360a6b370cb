import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Blobs } from "./platform/blobs.ts";
import type { Database } from "./platform/db/pools.ts";
import type { Keys } from "./platform/keys.ts";
import type { Mailer } from "./platform/mail/mail.ts";
import type { Tombstones } from "./platform/tombstones.ts";

/** What every feature may use. Made once in main.ts, closed there. */
export interface Services {
  config: Config;
  log: Logger;
  database: Database;
  keys: Keys;
  /** Recordings. */
  blobs: Blobs;
  /** Exports. */
  archives: Blobs;
  /** What stays of deleted tenants. */
  tombstones: Tombstones;
  mailer: Mailer;
  /** Where people reach this server, without a trailing slash; links begin with it. */
  publicUrl(): string;
}
