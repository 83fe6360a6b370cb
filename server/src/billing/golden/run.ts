/** Runs golden cases: compares a case's expected results with what billing's own functions compute from its input. */
import { Refusal } from "../reckoning/refusal.ts";
import type { Answers } from "./answers.ts";
import { differences } from "./compare.ts";
import { CaseError, fieldsOf, printable } from "./fields.ts";
import { textIn } from "./inputs.ts";
import type { Case } from "./case.ts";
import { KINDS } from "./kinds.ts";

export interface Result {
  name: string;
  /** A sentence for each difference; empty if the case is right. */
  wrong: string[];
  /** Fields of the input that no code read, so the case may mean more than was checked. */
  unread: string[];
}

/** A file without usable cases; the message says why. */
export class FileError extends Error {
  override name = "FileError";
}

const MAX_CASES = 100_000;

/** A JSON reviver that keeps all digits of integers beyond 2^53. */
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  const whole = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d{1,40}$/.test(context?.source ?? "");
  return whole ? BigInt(context?.source ?? 0) : value;
}

/** @throws FileError */
export function readCases(text: string): unknown[] {
  let file: unknown;
  try {
    file = JSON.parse(text, exact);
  } catch (error) {
    throw new FileError(`It is not JSON (${(error as Error).message}).`);
  }
  const cases = Array.isArray(file) ? file : (file as { cases?: unknown } | null)?.cases;
  if (!Array.isArray(cases) || cases.length === 0) throw new FileError("It has no list of cases.");
  if (cases.length > MAX_CASES) throw new FileError(`It has more than ${MAX_CASES} cases.`);
  return cases;
}

function answersOf(goldenCase: Case): Answers {
  const kind = KINDS.find(({ keys }) => keys.every((names) => goldenCase.input.has(...names)));
  if (kind) return kind.run(goldenCase);
  const names = goldenCase.input.names().join(", ");
  throw new CaseError(`no kind of case has the input ${printable(names)}.`);
}

function sentenceOf(error: unknown): string {
  if (error instanceof Refusal) return `the subscription refuses the change (${error.reason}).`;
  return (error as Error).message;
}

/** @returns a sentence for each difference */
function compare(expected: Record<string, unknown>, answers: Answers): string[] {
  return Object.entries(expected).flatMap(([key, value]) => {
    const answer = Object.hasOwn(answers, key) ? answers[key] : undefined;
    if (!answer) return [`${key} is not a result of this kind of case, so it can't be checked.`];
    try {
      return differences(value, answer(value), key);
    } catch (error) {
      return [`${key}: ${sentenceOf(error)}`];
    }
  });
}

export function runCase(value: unknown, position: number): Result {
  const { name, input, expected } = (value ?? {}) as Partial<Record<string, unknown>>;
  const result: Result = { name: typeof name === "string" ? name : `case ${position}`, wrong: [], unread: [] };
  try {
    const wanted = expected as Record<string, unknown>;
    if (fieldsOf(expected, "expected").names().length === 0) throw new CaseError("it expects nothing.");
    const fields = fieldsOf(input, "input");
    result.wrong = compare(wanted, answersOf({ name: result.name, input: fields, expected: wanted, text: textIn(fields) }));
    result.unread = fields.unread();
  } catch (error) {
    result.wrong = [sentenceOf(error)];
  }
  return result;
}
