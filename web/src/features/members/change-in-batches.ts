/** Changes any number of members, in requests of at most MAX_MEMBERS_AT_ONCE. Each request changes all of its members or none. */
import { MAX_MEMBERS_AT_ONCE } from "#contract/http/members.ts";
import { ApiError, failureCode } from "../../api/errors.ts";

interface Changed {
  memberId: string;
  name: string;
}

interface Refused {
  memberId: string;
  /** "Ada Okafor: The owner can't be removed." */
  why: string;
}

export interface Outcome<Member extends Changed> {
  done: string[];
  refused: Refused[];
  /** Members that were not reached, because the change was stopped or failed. */
  left: Member[];
  /** Null if the change did not fail. */
  error: unknown;
}

interface Options {
  /** For a removal: a member who has already left counts as done. */
  isGoneDone: boolean;
  onProgress: (done: number) => void;
  isStopped: () => boolean;
}

/** When a request is refused because of some members, they are left out and it is sent again. Any other failure ends the change. */
export async function changeInBatches<Member extends Changed>(
  members: readonly Member[],
  send: (memberIds: string[]) => Promise<unknown>,
  { isGoneDone, onProgress, isStopped }: Options,
): Promise<Outcome<Member>> {
  const done: string[] = [];
  const refused: Refused[] = [];
  let left = [...members];
  while (left.length > 0 && !isStopped()) {
    const batch = left.slice(0, MAX_MEMBERS_AT_ONCE);
    try {
      await send(batch.map(({ memberId }) => memberId));
      done.push(...batch.map(({ memberId }) => memberId));
      left = left.slice(batch.length);
      onProgress(done.length);
    } catch (error) {
      const unchangeable = refusedMembers(error, batch);
      if (unchangeable.size === 0) return { done, refused, left, error };
      const isDone = isGoneDone && failureCode(error) === "not_found";
      for (const [memberId, why] of unchangeable) {
        if (isDone) done.push(memberId);
        else refused.push({ memberId, why });
      }
      left = left.filter(({ memberId }) => !unchangeable.has(memberId));
    }
  }
  return { done, refused, left, error: null };
}

/** By id: why members can't be changed. The refusal names them by their index in the request. */
function refusedMembers(error: unknown, batch: readonly Changed[]): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const { path, message } of (error instanceof ApiError && error.problem?.fields) || []) {
    const [, place] = /^memberIds\.(\d+)$/.exec(path) ?? [];
    const member = batch[Number(place)];
    if (member) reasons.set(member.memberId, message.startsWith(`${member.name}: `) ? message : `${member.name}: ${message}`);
  }
  return reasons;
}
