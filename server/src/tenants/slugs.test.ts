import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { freshSlug, makeWorkspace, type Person, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
let ada: Person;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
});

const create = (slug: string) => ada.post("/api/v1/tenants", { name: "Acme Corp", slug });
const keyFiles = () => readdirSync(resolve(server.config.keysFolder, "tenants")).filter((name) => name.endsWith(".key"));

test("a taken slug is refused with an error on its field, and the key of the refused workspace is deleted", async () => {
  const { slug } = await makeWorkspace(ada);
  const keys = keyFiles();
  const refused = await create(slug);
  expect(refused).toMatchObject({ status: 409, code: "slug_taken" });
  expect(refused.json.fields).toEqual([{ path: "slug", message: expect.stringContaining("taken") }]);
  expect((await ada.get(`/api/v1/slugs/${slug}`)).json).toMatchObject({ available: false, reason: "taken" });
  expect(keyFiles()).toEqual(keys);
});

test("when five requests claim one slug at once, exactly one gets it", async () => {
  const before = keyFiles().length;
  const slug = freshSlug("race");
  const answers = await Promise.all(Array.from({ length: 5 }, () => create(slug)));
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
  expect(answers.filter((answer) => answer.code === "slug_taken")).toHaveLength(4);
  expect(keyFiles()).toHaveLength(before + 1);
  expect(await server.database.query("select 1 from tenants where slug = $1", [slug])).toHaveLength(1);
});

describe("creating a workspace and checking a slug give the same verdict for", () => {
  test.each([
    ["reserved", "api", "reserved"],
    ["reserved", "settings", "reserved"],
    ["reserved", "login", "reserved"],
    ["another case", "Acme", "malformed"],
    ["Cyrillic look-alikes", "аcme-corp", "malformed"],
    ["full-width letters", "ａｃｍｅ", "malformed"],
    ["too short", "ab", "malformed"],
    ["too long", "a".repeat(41), "malformed"],
    ["a hyphen at the end", "acme-", "malformed"],
    ["two hyphens", "ac--me", "malformed"],
    ["a dot", "acme.corp", "malformed"],
    ["a space around", " acme", "malformed"],
    ["a line break", "acme\n", "malformed"],
    ["a null byte", "ac\u0000me", "malformed"],
    ["a path", "../etc", "malformed"],
  ])("%s", async (_what, slug, reason) => {
    const refused = await create(slug);
    if (reason === "reserved") expect(refused).toMatchObject({ status: 409, code: "slug_reserved" });
    else expect(refused).toMatchObject({ status: 400, code: "invalid_input", json: { fields: [{ path: "slug" }] } });
    const verdict = await ada.get(`/api/v1/slugs/${encodeURIComponent(slug)}`);
    expect(verdict).toMatchObject({ status: 200, json: { available: false, reason } });
  });
});

test("refused slugs leave neither a directory entry nor a key", async () => {
  const rows = await server.database.query<{ slug: string }>("select slug from directory_slugs where kept_until is null");
  expect(rows.every(({ slug }) => /^[a-z0-9-]{3,40}$/.test(slug))).toBe(true);
  expect(keyFiles()).toHaveLength(rows.length);
});

test("slugs and names that look like the product's are refused", async () => {
  const person = await signUpPerson(server, "Posing");
  for (const slug of [
    "whoot-support",
    "official-whoot",
    "my-wh00t-team",
    "administrator",
    "postmaster",
    "no-reply",
    "checkout",
  ]) {
    expect([slug, (await person.post("/api/v1/tenants", { name: "Fine", slug })).code]).toEqual([slug, "slug_reserved"]);
  }
  for (const name of ["whoot", "Whoot Support", "w.h.o.o.t", "wһoot", "WH00T!"]) {
    const { status, json } = await person.post("/api/v1/tenants", { name, slug: "passes-for-it" });
    expect([name, status, json.fields?.[0]?.path]).toEqual([name, 400, "name"]);
  }
  const created = await person.post("/api/v1/tenants", { name: "Whooting owls", slug: "whooting-owls" });
  expect(created.status).toBe(201);
  expect(await person.patch("/api/v1/tenants/whooting-owls", { name: "whoot" })).toMatchObject({ status: 400 });
  // A workspace that already has such a name can still change its other settings.
  await server.database.query("update tenants set name = 'whoot' where slug = 'whooting-owls'");
  expect((await person.patch("/api/v1/tenants/whooting-owls", { name: "whoot", clock: "12h" })).status).toBeLessThan(300);
});
