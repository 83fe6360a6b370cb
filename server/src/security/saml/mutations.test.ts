/** Structure-aware mutations of good messages. WHOOT_SAML_MUTATIONS sets how many, WHOOT_SAML_SEED repeats a run. */
import { expect, test } from "vitest";
import { countMutations } from "./testing/mutations.ts";

const COUNT = Number(process.env.WHOOT_SAML_MUTATIONS ?? 1_000);
const SEED = Number(process.env.WHOOT_SAML_SEED ?? Date.now() % 2 ** 32);

test("no mutation of a good message is accepted as another person, request or assertion", () => {
  console.log(`SAML mutations: ${COUNT}, seed ${SEED}`);
  const { changed, accepted, refused } = countMutations(COUNT, SEED);
  console.log(`SAML mutations: ${accepted} accepted as the same person, refused: ${JSON.stringify(refused)}`);
  expect({ seed: SEED, changed }).toEqual({ seed: SEED, changed: [] });
  // Most mutations must get past the gate, or the checks behind it are not tested.
  expect(Object.keys(refused).length).toBeGreaterThan(8);
  expect(refused.malformed ?? 0).toBeLessThan(COUNT / 2);
});
