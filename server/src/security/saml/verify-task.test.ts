import { afterAll, expect, test } from "vitest";
import { makeThreads } from "../../platform/threads.ts";
import type { MetadataReading } from "./metadata-task.ts";
import { readMetadata } from "./metadata.ts";
import { toForm } from "./testing/idp.ts";
import { makeKeys, makeScene, PERSON, TO } from "./testing/scene.ts";
import type { SamlVerification, SamlVerificationInput } from "./verify-task.ts";

const TASK = new URL("verify-task.ts", import.meta.url);
const METADATA_TASK = new URL("metadata-task.ts", import.meta.url);
// The limit is generous, because a thread starts slowly on a busy machine.
const threads = makeThreads(60_000);
afterAll(() => threads.close());
const scene = makeScene(makeKeys());
const verify = (form: string) =>
  threads.run<SamlVerificationInput, SamlVerification>(TASK, { form, trust: scene.trust, now: new Date() }, ["test"]);

test("a response that is verified in a thread keeps its dates and attributes", async () => {
  const xml = scene.write({ now: new Date("2026-11-30T12:00:00Z"), notOnOrAfter: 10 ** 9 });
  const now = new Date("2026-11-30T12:00:00Z");
  const result = await threads.run<SamlVerificationInput, SamlVerification>(
    TASK,
    { form: toForm(xml), trust: scene.trust, now },
    ["test"],
  );
  expect(result).toEqual({ signIn: scene.verify(xml, now) });
  expect("signIn" in result && result.signIn.authenticatedAt).toEqual(now);
});

test("a refusal in a thread keeps its reason and details", async () => {
  expect(await verify(toForm(scene.write({ entityId: "https://other.example" })))).toEqual({
    refused: "issuer",
    details: { expected: scene.idp.shape.entityId, received: "https://other.example" },
  });
  const tampered = scene.write({ tamper: (xml) => xml.replace(PERSON.firstName, "Eve") });
  expect(await verify(toForm(tampered))).toEqual({ refused: "signature", details: {} });
  expect(TO.requestId).toBe(scene.verify(scene.write()).requestId);
});

test("metadata are read in a thread, with their keys", async () => {
  const read = (pasted: string) => threads.run<string, MetadataReading>(METADATA_TASK, pasted, ["test"]);
  const metadata = scene.idp.metadata("https://idp.example/sso");
  const [inThread, here] = [await read(metadata), readMetadata(metadata)];
  if (!("certificates" in inThread) || !("certificates" in here)) throw new Error("no metadata");
  expect(inThread.certificates.map(({ publicKey, ...rest }) => rest)).toEqual(
    here.certificates.map(({ publicKey, ...rest }) => rest),
  );
  expect(here.certificates[0]?.publicKey.equals(inThread.certificates[0]?.publicKey as never)).toBe(true);
  expect(await read("<html/>")).toEqual({ problem: "not_metadata" });
  expect(await read("<!DOCTYPE x><x/>")).toEqual({ refused: "doctype" });
});
