/** A workspace's licences. Only this file counts them. Whatever takes a licence needs a `Seat`, which only these functions return. */
import type { TenantTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import * as queries from "./licence-queries.ts";

export interface Licences {
  /** Null if there is no limit. */
  limit: number | null;
  /** Active members. */
  used: number;
  /** Open invitations that have not expired. */
  reserved: number;
  /** Null if there is no limit. Never negative, because a lower limit removes nobody. */
  left: number | null;
}

declare const SEAT: unique symbol;

/** Proof that a licence was taken, or that none was needed. */
export interface Seat {
  readonly [SEAT]: never;
}

const TAKEN = {} as Seat;

export async function countLicences(tx: TenantTx): Promise<Licences> {
  const { limit, used, reserved } = await queries.countLicences(tx.db);
  return { limit, used, reserved, left: limit === null ? null : Math.max(0, limit - used - reserved) };
}

function people(count: number): string {
  return count === 1 ? "1 person" : `${count.toLocaleString("en")} people`;
}

/** Why no more licences can be taken, and how to free one. */
export function allTaken({ limit, used, reserved }: Licences): string {
  const invited =
    reserved === 0 ? "" : ` and ${reserved === 1 ? "1 open invitation" : `${reserved.toLocaleString("en")} open invitations`}`;
  const most =
    limit === 1 ? "The workspace's only licence is" : `All ${(limit ?? 0).toLocaleString("en")} licences of the workspace are`;
  const free = reserved === 0 ? "suspend or remove someone" : "suspend or remove someone, or withdraw an invitation";
  return `${most} taken, by ${people(used)}${invited}. To free one, ${free}.`;
}

/** @throws Refusal licences_in_use, when more than `wanted` are in use */
export function refuseFewerLicences({ used, reserved }: Licences, wanted: number): void {
  const taken = used + reserved;
  if (wanted >= taken) return;
  const invited = reserved === 0 ? "" : ` and ${reserved} open invitation${reserved === 1 ? "" : "s"}`;
  const detail = `${taken} licences are taken, by ${people(used)}${invited}, and that would be ${wanted}. Suspend or remove people first, or withdraw invitations.`;
  throw new Refusal("licences_in_use", { detail });
}

/**
 * Takes licences for people who become active or are invited. Take the roster lock first, so that two requests don't both take the last
 * one.
 * @throws Refusal licences_taken
 */
export async function takeSeats(tx: TenantTx, count: number): Promise<Seat> {
  const licences = await countLicences(tx);
  if (licences.left !== null && count > licences.left) {
    const some = `That takes ${count} licences, and ${licences.left} of ${licences.limit} are left. Nothing was changed.`;
    throw new Refusal("licences_taken", { detail: licences.left === 0 ? allTaken(licences) : some });
  }
  return TAKEN;
}

/** For a person who accepts an open invitation, which has reserved their licence. */
export function reservedSeat(): Seat {
  return TAKEN;
}
