/** One action on many targets makes one entry for each. The list shows them as one row that opens. */
import type { AuditEntry } from "../../api/types.ts";
import { counted, number, people } from "../../ui/counted.ts";
import { sentence, targetTypeWords } from "./audit-words.ts";

/** Fewer entries than this stay separate rows: reading them is as quick as opening one. */
const MANY = 3;

/** Equal for entries of one action. Entries of one transaction have the same time, to the millisecond (server: audit.ts). */
const actOf = (entry: AuditEntry) =>
  JSON.stringify([entry.occurredAt, entry.actor.memberId, entry.action, entry.target.type, sentence(entry)[1]]);

/** @returns the entries in order: those of one action together if there are at least `MANY`, all others alone */
export function folded(entries: readonly AuditEntry[]): AuditEntry[][] {
  const acts: AuditEntry[][] = [];
  for (const entry of entries) {
    const act = acts.at(-1);
    if (act?.[0] && actOf(act[0]) === actOf(entry)) act.push(entry);
    else acts.push([entry]);
  }
  return acts.flatMap((act) => (act.length < MANY ? act.map((entry) => [entry]) : [act]));
}

/** "120 people", "4 invitations" */
export function foldWords(type: string, count: number, isWhole: boolean): string {
  const what = type === "member" ? people(count) : counted(count, targetTypeWords(type), `${targetTypeWords(type)}s`);
  return isWhole ? what : what.replace(number(count), `${number(count)} or more`);
}
