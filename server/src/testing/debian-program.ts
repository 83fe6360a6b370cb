/** Programs of Debian packages that judge what whoot does, or stand opposite it. `npm test` installs them where that is possible. */
import { findProgram } from "../../../scripts/debian.mjs";

/**
 * @param name of the program and of its Debian package
 * @param untested what is not tested without the program, as the end of a sentence
 * @returns the program's path; null where there is none: the tests are then skipped
 * @throws Error in CI, where nothing is skipped
 */
export function debianProgram(name: string, untested: string): string | null {
  const path: string | null = findProgram(name);
  if (path) return path;
  if (process.env.CI) throw new Error(`${name} is missing: install Debian's package ${name}`);
  console.warn(`NOT TESTED: ${untested}, because there is no ${name} here (Debian: apt-get install ${name}).`);
  return null;
}
