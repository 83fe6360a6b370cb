import { isDeepStrictEqual } from "node:util";
import { toPem } from "./keys.ts";
import { makeRandom, mutate } from "./mutate.ts";
import { makeKeys, makeScene, type Scene, TO } from "./scene.ts";
import { SHAPES } from "./shapes.ts";
import type { SamlSignIn } from "../verify.ts";

/** What must not change: who it is, what is known of them, and what they answer. */
function identityOf({ nameId, attributes, requestId, assertionId, sessionEndsAt, rememberUntil }: SamlSignIn) {
  return { nameId, attributes, requestId, assertionId, sessionEndsAt, rememberUntil };
}

export interface MutationCounts {
  /** Messages that were accepted as something else. */
  changed: string[];
  /** Accepted and unchanged, such as those with other white space. */
  accepted: number;
  refused: Record<string, number>;
}

/** Mutates messages that are signed by the assertion, the response, both, or that are encrypted, in turn. */
export function countMutations(count: number, seed: number): MutationCounts {
  const keys = makeKeys();
  const random = makeRandom(seed);
  const decryptionKeys = [toPem(keys.service.privateKey)];
  const encryption = { certificate: keys.service.certificate, content: "aes256-gcm" as const };
  const sources = (["assertion", "response", "both", "assertion"] as const).map((signs, at) => {
    const scene: Scene = makeScene(keys, { ...SHAPES.JumpCloud, signs });
    const xml = scene.write(at === 3 ? { encryption } : {});
    const forged = scene.rogue.write(TO, at === 3 ? { encryption } : {});
    return { scene, xml, forged, identity: identityOf(scene.verify(xml, new Date(), { decryptionKeys })) };
  });
  const counts: MutationCounts = { changed: [], accepted: 0, refused: {} };
  for (let at = 0; at < count; at += 1) {
    const source = sources[at % sources.length];
    if (!source) continue;
    const xml = mutate(source.xml, source.forged, random);
    const reason = source.scene.judge(xml, new Date(), { decryptionKeys });
    if (reason !== "accepted") {
      counts.refused[reason] = (counts.refused[reason] ?? 0) + 1;
    } else if (isDeepStrictEqual(identityOf(source.scene.verify(xml, new Date(), { decryptionKeys })), source.identity)) {
      counts.accepted += 1;
    } else counts.changed.push(xml);
  }
  return counts;
}
