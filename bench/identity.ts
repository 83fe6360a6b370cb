/**
 * Measures what signing in costs. For SAML: CPU time of verifying a response, how long hostile responses hold the server's thread, and that
 * no mutation of a good response signs in as somebody else. Then, on a real server: sign-ins with a password against their Argon2id,
 * callbacks of OpenID Connect, admission with every condition, and how soon a policy ends live audio.
 */
import { makeThreads } from "../server/src/platform/threads.ts";
import { toForm } from "../server/src/security/saml/testing/idp.ts";
import { toPem } from "../server/src/security/saml/testing/keys.ts";
import { countMutations } from "../server/src/security/saml/testing/mutations.ts";
import { makeKeys, makeScene } from "../server/src/security/saml/testing/scene.ts";
import { SHAPES } from "../server/src/security/saml/testing/shapes.ts";
import { WORST } from "../server/src/security/saml/testing/worst.ts";
import type { SamlVerification, SamlVerificationInput } from "../server/src/security/saml/verify-task.ts";
import { measureAdmission } from "./admission.ts";
import { type Figure, percentile } from "./figure.ts";
import { measureOpenIdCallbacks, OPENID_ENVIRONMENT } from "./openid-callbacks.ts";
import { measurePasswordSignIns } from "./password-sign-ins.ts";
import { measurePolicyChange } from "./policy-change.ts";
import { makeWorkspace } from "./workspace.ts";

const VERIFY_TASK = new URL("../server/src/security/saml/verify-task.ts", import.meta.url);
const AIM_MS = 3;
const HELD_AIM_MS = 10;
const WARM_UP = 1_000;
const BATCHES = 40;
const BATCH = 25;
const MUTATIONS = 10_000;

const round = (value: number) => Number(value.toFixed(2));

/** Milliseconds of CPU time for one run, each of the values an average over a batch. */
function cpuTimes(run: () => void, batches = BATCHES, batch = BATCH): number[] {
  return Array.from({ length: batches }, () => {
    const start = process.cpuUsage();
    for (let at = 0; at < batch; at += 1) run();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1_000 / batch;
  });
}

function measureVerification(): Figure[] {
  const keys = makeKeys();
  const encryption = { certificate: keys.service.certificate, content: "aes256-gcm" as const };
  const trust = { decryptionKeys: [toPem(keys.service.privateKey)] };
  const cases = [
    { name: "assertion signed", signs: "assertion", changes: {}, aim: AIM_MS },
    { name: "response signed", signs: "response", changes: {}, aim: AIM_MS },
    { name: "both signed", signs: "both", changes: {}, aim: null },
    { name: "assertion signed and encrypted", signs: "assertion", changes: { encryption }, aim: null },
  ] as const;
  return cases.map(({ name, signs, changes, aim }) => {
    const scene = makeScene(keys, { ...SHAPES["Entra ID"], signs });
    const xml = scene.write(changes);
    const now = new Date();
    const run = () => void scene.verify(xml, now, trust);
    for (let at = 0; at < WARM_UP; at += 1) run();
    const times = cpuTimes(run);
    return {
      name: `SAML response verified, ${name}`,
      value: round(percentile(times, 0.5)),
      unit: "ms CPU",
      better: "lower",
      aim,
      reference: `${(xml.length / 1_024).toFixed(1)} KiB, RSA-2048; fastest batch ${percentile(times, 0).toFixed(2)} ms`,
    };
  });
}

async function measureWorst(): Promise<Figure[]> {
  const scene = makeScene(makeKeys(), { ...SHAPES.JumpCloud, signs: "both" });
  const figures: Figure[] = [];
  for (const [name, changes] of Object.entries(WORST)) {
    const xml = scene.write(changes);
    const times = cpuTimes(() => void scene.verify(xml), 5, 1);
    figures.push({
      name: `Largest input: ${name}`,
      value: round(percentile(times, 0.5)),
      unit: "ms CPU",
      better: "lower",
      aim: null,
      reference: `${(xml.length / 1_024).toFixed(0)} KiB, in a thread of its own`,
    });
  }
  const threads = makeThreads();
  const run = (form: string) =>
    threads.run<SamlVerificationInput, SamlVerification>(VERIFY_TASK, { form, trust: scene.trust, now: new Date() }, ["bench"]);
  const forms = Object.values(WORST).map((changes) => toForm(scene.write(changes)));
  await run(forms[0] ?? "");
  const held: number[] = [];
  for (const form of forms) {
    const start = process.threadCpuUsage();
    await run(form);
    const { user, system } = process.threadCpuUsage(start);
    held.push((user + system) / 1_000);
  }
  await threads.close();
  figures.push({
    name: "Server's thread, for the slowest of these",
    value: round(Math.max(...held)),
    unit: "ms CPU",
    better: "lower",
    aim: HELD_AIM_MS,
    reference: "of its own CPU time, to hand it to a thread and take the answer",
  });
  return figures;
}

function measureMutations(): Figure[] {
  const seed = Date.now() % 2 ** 32;
  const { changed, accepted } = countMutations(MUTATIONS, seed);
  return [
    {
      name: `Mutations of good responses accepted as somebody else, of ${MUTATIONS.toLocaleString("en")}`,
      value: changed.length,
      unit: "messages",
      better: "lower",
      aim: 0,
      reference: `seed ${seed}; ${accepted} accepted as the same person`,
    },
  ];
}

async function measureServer(): Promise<Figure[]> {
  const workspace = await makeWorkspace(OPENID_ENVIRONMENT);
  try {
    return [
      ...(await measurePasswordSignIns(workspace)),
      ...(await measureOpenIdCallbacks(workspace)),
      ...(await measurePolicyChange(workspace)),
      ...(await measureAdmission(workspace)),
    ];
  } finally {
    await workspace.close();
  }
}

/** Takes three minutes. Needs Linux (/proc). */
export async function measureIdentity(): Promise<Figure[]> {
  return [...measureVerification(), ...(await measureWorst()), ...measureMutations(), ...(await measureServer())];
}
