/** Loaded on demand: its lists of common passwords are larger than the pages that use them. */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/** How hard the password is to guess, from 0 (easy) to 4. */
export function scoreOf(password: string): 0 | 1 | 2 | 3 | 4 {
  return judge.check(password, ["whoot"]).score;
}
