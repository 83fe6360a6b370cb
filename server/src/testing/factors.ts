/** People with an authenticator app. */
import { setTimeout as pause } from "node:timers/promises";
import { codeAt, stepAt } from "../accounts/totp.ts";
import type { HttpClient } from "./http.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function decodeBase32(text: string): Buffer {
  const bits = text
    .split("")
    .map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

/** Waits for the next code if the current one has less than five seconds left, so that a test's codes stay as they are. */
export async function timeForCodes(): Promise<void> {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 5_000) await pause(left);
}

export interface App {
  /** The code of this moment, or of so many steps later. */
  code(steps?: number): string;
}

export function makeApp(secret: string): App {
  const bytes = decodeBase32(secret);
  return { code: (steps = 0) => codeAt(bytes, stepAt(Date.now()) + steps) };
}

/**
 * Sets up an authenticator app, confirmed with the code of the step before, so that the current code is still unused.
 * @returns the app and the recovery codes
 */
export async function enrol(person: HttpClient): Promise<{ app: App; recoveryCodes: string[] }> {
  const started = await person.post("/api/v1/me/totp-enrolment");
  if (started.status !== 200) throw new Error(`expected 200, got ${started.status}: ${started.text}`);
  const app = makeApp(started.json.secret);
  const confirmed = await person.send("PUT", "/api/v1/me/totp", { body: { code: app.code(-1) } });
  if (confirmed.status !== 200) throw new Error(`expected 200, got ${confirmed.status}: ${confirmed.text}`);
  return { app, recoveryCodes: confirmed.json.recoveryCodes };
}
