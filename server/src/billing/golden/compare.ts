/** Compares a case's expected results with the computed ones. An expected field without an answer is a difference. */
import { shown, toInstant, toInteger } from "./fields.ts";

const MAX_DIFFERENCES = 20;

/** @returns a sentence for each difference */
export function differences(expected: unknown, actual: unknown, path: string): string[] {
  if (Array.isArray(expected)) return inList(expected, actual, path);
  if (typeof expected === "object" && expected !== null) return inObject(expected as Record<string, unknown>, actual, path);
  return isSame(expected, actual) ? [] : [`${path}: expected ${shown(expected)}, got ${shown(actual)}`];
}

function inList(expected: unknown[], actual: unknown, path: string): string[] {
  if (!Array.isArray(actual) || actual.length !== expected.length) {
    return [`${path}: expected ${shown(expected)}, got ${shown(actual)}`];
  }
  return expected.flatMap((value, at) => differences(value, actual[at], `${path}[${at}]`)).slice(0, MAX_DIFFERENCES);
}

function inObject(expected: Record<string, unknown>, actual: unknown, path: string): string[] {
  if (typeof actual !== "object" || actual === null || Array.isArray(actual)) {
    return [`${path}: expected ${shown(expected)}, got ${shown(actual)}`];
  }
  if (Object.keys(expected).length === 0) return [`${path} expects nothing, so it can't be checked.`];
  return Object.entries(expected).flatMap(([key, value]) => {
    if (!Object.hasOwn(actual, key)) return [`${path}.${key} is not a result of this kind of case, so it can't be checked.`];
    return differences(value, (actual as Record<string, unknown>)[key], `${path}.${key}`);
  });
}

/** Compares amounts as integers, times as instants, and rates also as texts. Other values must be equal. */
function isSame(expected: unknown, actual: unknown): boolean {
  if (typeof actual === "bigint") return toInteger(expected) === actual;
  if (typeof actual === "number" && typeof expected === "string") return expected === String(actual);
  if (typeof actual === "string" && typeof expected === "string") {
    const at = toInstant(expected);
    return expected === actual || (at !== null && at === toInstant(actual));
  }
  return expected === actual;
}
