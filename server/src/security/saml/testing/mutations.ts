import { isDeepStrictEqual } from "node:util";
import { toPem } from "./keys.ts";
import { makeRandom, mutate } from "./mutate.ts";
import { makeKeys, makeScene, type Scene, TO } from "./scene.ts";
import { SHAPES } from "./shapes.ts";
import type { SamlSignIn } from "../verify.ts";

/** What no mutation may change: the person, their attributes, the answered request, and the end of the session. */
function identityOf({ nameId, attributes, requestId, assertionId, sessionEndsAt, rememberUntil }: SamlSignIn) {
  return { nameId, attributes, requestId, assertionId, sessionEndsAt, rememberUntil };
}

export interface MutationCounts {
  /** Messages that were accepted with another identity. */
  changed: string[];
  /** Messages that were accepted with the same identity, such as those with other white space. */
  accepted: number;
  refused: Record<string, number>;
}

/** Mutates four messages in turn: with the assertion signed, the response signed, both signed, and the assertion encrypted. */
export function countMutations(count: number, seed: number): MutationCounts {
  const keys = makeKeys();
  const random = makeRandom(seed);
  const decryptionKeys = [toPem(keys.service.privateKey)];
  const encryption = { certificate: keys.service.certificate, content: "aes256-gcm" as const };
  const sources = (["assertion", "response", "both", "assertion"] as const).map((signs, index) => {
    const scene: Scene = makeScene(keys, { ...SHAPES.JumpCloud, signs });
    const xml = scene.write(index === 3 ? { encryption } : {});
    const forged = scene.rogue.write(TO, index === 3 ? { encryption } : {});
    return { scene, xml, forged, identity: identityOf(scene.verify(xml, new Date(), { decryptionKeys })) };
  });
  const counts: MutationCounts = { changed: [], accepted: 0, refused: {} };
  for (let index = 0; index < count; index += 1) {
    const source = sources[index % sources.length];
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
