/** Copies a backup's sections into their tables, without the rows of deleted tenants, and then compares the tables with the backup. */
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { DELETION_TABLES } from "../tenant-data.ts";
import { makeSum, type Section } from "./file.ts";
import { JOB_COLUMNS, JOBS } from "./jobs.ts";
import { RestoreError } from "./room.ts";
import { copyIn, copyOut, type Table } from "./tables.ts";

const LINE_END = 0x0a;
const ID_LENGTH = 36;

export interface Counts {
  rows: number;
  workspaces: number;
  people: number;
  /** Deleted workspaces that are in the backup and were left out. */
  leftOut: number;
}

/** @param deleted tenants whose rows are left out */
export function makeLoader(client: pg.Client, deleted: ReadonlySet<string>) {
  const leftOut = new Set<string>();
  const loaded = new Map<string, number>();

  /** Removes the rows of deleted tenants. Each row must begin with its tenant's id. */
  async function* withoutDeleted(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const block of blocks) {
      let keptFrom = 0;
      for (let at = 0; at < block.length;) {
        const end = block.indexOf(LINE_END, at) + 1;
        const tenantId = block.toString("latin1", at, at + ID_LENGTH);
        if (deleted.has(tenantId)) {
          leftOut.add(tenantId);
          if (at > keptFrom) yield block.subarray(keptFrom, at);
          keptFrom = end;
        }
        at = end;
      }
      if (block.length > keptFrom) yield block.subarray(keptFrom);
    }
  }

  async function copy(table: string, columns: string[], blocks: AsyncIterable<Buffer>) {
    const sum = makeSum();
    async function* summed() {
      for await (const block of blocks) {
        sum.add(block);
        yield block;
      }
    }
    await pipeline(summed, client.query(copyFrom(copyIn(table, columns))));
    return sum.end();
  }

  return {
    leftOut: leftOut as ReadonlySet<string>,
    /** @throws RestoreError if the table then differs from the section */
    async load(table: Table, section: Section): Promise<void> {
      const isOfTenants = section.columns[0] === "tenant_id" && !DELETION_TABLES.some((name) => name === table.name);
      const blocks = isOfTenants && deleted.size > 0 ? withoutDeleted(section.blocks) : section.blocks;
      const expected = await copy(table.name, section.columns, blocks);
      const stored = makeSum();
      for await (const block of client.query(copyTo(copyOut(table, section.columns)))) stored.add(block as Buffer);
      const { rows, sha256 } = stored.end();
      if (rows !== expected.rows || sha256 !== expected.sha256) {
        throw new RestoreError(`${table.name} differs from the backup after the restore (${rows} of ${expected.rows} rows).`);
      }
      loaded.set(table.name, rows);
    },
    async loadJobs(section: Section): Promise<void> {
      await copy(JOBS, JOB_COLUMNS, section.blocks);
    },
    counts(): Counts {
      return {
        rows: [...loaded.values()].reduce((sum, rows) => sum + rows, 0),
        workspaces: loaded.get("tenants") ?? 0,
        people: loaded.get("accounts") ?? 0,
        leftOut: leftOut.size,
      };
    },
  };
}
