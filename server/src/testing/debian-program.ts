/**
 * Programs from Debian packages that check whoot's output, or are its counterparts in a protocol. `npm test` installs them where that is
 * possible.
 */
import { type COUNTERPARTS, findCounterpart, howToGet, isOptional } from "../../../scripts/debian.mjs";

/**
 * @param name of a program and of its Debian package, or of another counterpart
 * @param untested what is not tested without it, as the end of a sentence
 * @returns the program's path, or the file that shows that it is there; null where it isn't: the tests are then skipped
 * @throws Error in CI, where nothing is skipped but what is optional
 */
export function debianProgram(name: keyof typeof COUNTERPARTS, untested: string): string | null {
  const path: string | null = findCounterpart(name);
  if (path) return path;
  if (process.env.CI && !isOptional(name)) throw new Error(`${name} is missing (${howToGet(name)})`);
  console.warn(`NOT TESTED: ${untested}, because there is no ${name} here (${howToGet(name)}).`);
  return null;
}
