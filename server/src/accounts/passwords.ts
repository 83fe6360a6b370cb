/** Argon2id with OWASP's second recommended setting: 19 MiB, 2 passes, 1 lane (ASVS 5.0 §11.4.2). */
import { hash, verify } from "@node-rs/argon2";

const SETTINGS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Compared against when there is no account, so that an unknown address takes as long as a wrong password. */
const NOBODY = hash("nobody has this password", SETTINGS);

export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize("NFC"), SETTINGS);
}

/** False for a wrong password and, in the same time, for a hash that is null. */
export async function passwordMatches(stored: string | null | undefined, password: string): Promise<boolean> {
  const matches = await verify(stored ?? (await NOBODY), password.normalize("NFC"));
  return matches && stored !== null && stored !== undefined;
}
