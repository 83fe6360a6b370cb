/** A workspace that changes its slug keeps the old one for 90 days, and nobody can claim a look-alike of another's slug. */
import pg from "pg";
import { beforeEach, describe, expect, test } from "vitest";
import { prepareDatabase } from "../platform/db/prepare.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { freshSlug, makeWorkspace, type Person, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { until } from "../testing/until.ts";

const server = useServer();
let ada: Person;
// A new person for each test, because the file creates more workspaces than one may in an hour.
beforeEach(async () => {
  ada = await signUpPerson(server, "Ada");
});

const createWorkspace = (slug: string) => ada.post("/api/v1/tenants", { name: "Acme Corp", slug });
/** Ends the 90 days. */
const expire = (slug: string) =>
  server.database.query("update directory_slugs set kept_until = now() - interval '1 second' where slug = $1", [slug]);
const verdict = async (person: Person, slug: string, movingFrom?: string) =>
  (await person.get(`/api/v1/slugs/${slug}${movingFrom === undefined ? "" : `?movingFrom=${movingFrom}`}`)).json;
/** A slug of letters only, so that a test knows its look-alikes. */
const freshLetters = () =>
  freshSlug("x")
    .replace(/\d/g, (digit) => "abcdefghjk"[Number(digit)] ?? "")
    .replaceAll("-", "") + "ok";

describe("a workspace that changes its slug", () => {
  test("is reachable by both slugs, shows the new one, and audits the change", async () => {
    const { slug, path, tenantId } = await makeWorkspace(ada);
    const next = freshSlug("moved");
    const moved = await ada.patch(path, { slug: next });
    expect(moved).toMatchObject({ status: 200, json: { slug: next } });
    for (const address of [slug, next]) {
      expect((await ada.get(`/api/v1/tenants/${address}`)).json).toMatchObject({ slug: next, tenantId });
      expect((await ada.post(`/api/v1/tenants/${address}/channels`, { name: `By ${address}` })).status).toBe(201);
    }
    const { tenants } = (await ada.get("/api/v1/me")).json;
    expect(tenants.find((tenant: { tenantId: string }) => tenant.tenantId === tenantId).slug).toBe(next);
    const [entry] = await server.database.query<{ changes: unknown }>(
      "select changes from audit_log where tenant_id = $1 and action = 'workspace.edited'",
      [tenantId],
    );
    expect(entry?.changes).toEqual({ slug: { from: slug, to: next } });
  });

  test("lists its own earlier slugs that still lead to it, with their end", async () => {
    const { slug, path } = await makeWorkspace(ada);
    const other = await makeWorkspace(ada);
    const earlier = async (at: string) =>
      (await ada.get(`${at}/earlier-slugs`)).json.items as { slug: string; keptUntil: string }[];
    expect(await earlier(path)).toEqual([]);
    const [second, third] = [freshSlug("second"), freshSlug("third")];
    await ada.patch(path, { slug: second });
    await ada.patch(path, { slug: third });
    await ada.patch(other.path, { slug: freshSlug("elsewhere") });
    const kept = await earlier(path);
    expect(kept.map((item) => item.slug)).toEqual([second, slug]);
    for (const { keptUntil } of kept) expect((Date.parse(keptUntil) - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
    expect((await earlier(other.path)).map((item) => item.slug)).toEqual([other.slug]);
    await expire(slug);
    expect((await earlier(`/api/v1/tenants/${third}`)).map((item) => item.slug)).toEqual([second]);
  });

  test("keeps its old slug from everybody else for 90 days; then it leads nowhere and anybody can claim it", async () => {
    const { slug, path, tenantId } = await makeWorkspace(ada);
    const next = freshSlug("moved");
    await ada.patch(path, { slug: next });
    const [kept] = await server.database.query<{ days: number }>(
      "select extract(epoch from kept_until - now()) / 86400 as days from directory_slugs where slug = $1",
      [slug],
    );
    expect(Number(kept?.days)).toBeCloseTo(90, 0);
    const ben = await signUpPerson(server, "Ben");
    expect(await ben.post("/api/v1/tenants", { name: "Squatter", slug })).toMatchObject({ status: 409, code: "slug_taken" });
    expect(await verdict(ben, slug)).toMatchObject({ available: false, reason: "taken" });
    expect((await ben.get(`/api/v1/tenants/${slug}`)).code).toBe("not_found");

    await expire(slug);
    expect((await ada.get(`/api/v1/tenants/${slug}`)).code).toBe("not_found");
    expect(await verdict(ben, slug)).toMatchObject({ available: true });
    const theirs = await ben.post("/api/v1/tenants", { name: "Fair", slug });
    expect(theirs.status).toBe(201);
    expect((await ben.get(`/api/v1/tenants/${slug}`)).json.tenantId).toBe(theirs.json.tenantId);
    expect((await ada.get(`/api/v1/tenants/${slug}`)).code).toBe("not_found");
    expect((await ada.get(`/api/v1/tenants/${next}`)).json.tenantId).toBe(tenantId);
    // The first workspace cannot take it back.
    expect(await ada.patch(`/api/v1/tenants/${next}`, { slug })).toMatchObject({ status: 409, code: "slug_taken" });
  });

  test("sends Deprecation and Sunset headers to members at the old slug, and to nobody else", async () => {
    const { slug, path } = await makeWorkspace(ada);
    const next = freshSlug("moved");
    await ada.patch(path, { slug: next });
    const { headers } = await ada.get(`/api/v1/tenants/${slug}/channels`);
    const since = Number(String(headers["deprecation"]).replace(/^@/, "")) * 1_000;
    expect(Math.abs(Date.now() - since)).toBeLessThan(60_000);
    expect(Date.parse(String(headers["sunset"])) - since).toBe(90 * 86_400_000);
    const ben = await signUpPerson(server, "Ben");
    for (const { headers: others } of [
      await ada.get(`/api/v1/tenants/${next}/channels`),
      await ben.get(`/api/v1/tenants/${slug}/channels`),
    ]) {
      expect([others["deprecation"], others["sunset"]]).toEqual([undefined, undefined]);
    }
  });

  test("can go back to an earlier slug, and only its members see that slug as available", async () => {
    const { slug, path } = await makeWorkspace(ada);
    const next = freshSlug("moved");
    await ada.patch(path, { slug: next });
    const ben = await signUpPerson(server, "Ben");
    expect(await verdict(ada, slug)).toMatchObject({ reason: "taken" });
    expect(await verdict(ada, slug, next)).toMatchObject({ available: true });
    for (const from of [next, slug]) expect(await verdict(ben, slug, from)).toMatchObject({ reason: "taken" });
    expect((await ada.patch(path, { slug })).json.slug).toBe(slug);
    expect((await ada.get(`/api/v1/tenants/${next}`)).json.slug).toBe(slug);
    const rows = await server.database.query("select 1 from directory_slugs where slug = any($1) and kept_until is null", [
      [slug, next],
    ]);
    expect(rows).toHaveLength(1);
  });

  test("keeps at most ten earlier slugs", async () => {
    const first = await makeWorkspace(ada);
    let path = first.path;
    for (let moves = 0; moves < 10; moves += 1) {
      const slug = freshSlug("tour");
      expect((await ada.patch(path, { slug })).status).toBe(200);
      path = `/api/v1/tenants/${slug}`;
    }
    expect(await ada.patch(path, { slug: freshSlug("tour") })).toMatchObject({ status: 409, code: "too_many_slugs" });
    expect((await ada.patch(path, { slug: first.slug })).status).toBe(200);
  });

  test("to a taken or reserved one is refused, and nothing changes", async () => {
    const [one, other] = [await makeWorkspace(ada), await makeWorkspace(ada)];
    const before = await tenantState(server, one.tenantId);
    for (const [slug, code] of [
      [other.slug, "slug_taken"],
      ["settings", "slug_reserved"],
    ] as const) {
      const refused = await ada.patch(one.path, { slug, name: "Changed too" });
      expect(refused).toMatchObject({ status: 409, code, json: { fields: [{ path: "slug" }] } });
    }
    expect(await tenantState(server, one.tenantId)).toEqual(before);
  });

  test("competes with four others for look-alikes of one slug, and exactly one of the five gets its slug", async () => {
    const workspaces = await Promise.all(Array.from({ length: 5 }, () => makeWorkspace(ada)));
    const word = freshLetters();
    const variants = [word, word.replace("o", "0"), word, `${word.slice(0, 2)}-${word.slice(2)}`, word];
    const answers = await Promise.all(workspaces.map(({ path }, index) => ada.patch(path, { slug: variants[index] })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    for (const { code } of answers) if (code) expect(["slug_taken", "slug_look_alike"]).toContain(code);
    const rows = await server.database.query("select 1 from directory_slugs where skeleton = slug_skeleton($1)", [word]);
    expect(rows).toHaveLength(1);
  });

  test("in two requests at once ends up with one of the two slugs, and the other slug leads to it", async () => {
    const { path, tenantId } = await makeWorkspace(ada);
    const wanted = [freshSlug("left"), freshSlug("right")];
    const answers = await Promise.all(wanted.map((slug) => ada.patch(path, { slug })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { slug } = (await ada.get(path)).json;
    expect(wanted).toContain(slug);
    for (const address of wanted) expect((await ada.get(`/api/v1/tenants/${address}`)).json.slug).toBe(slug);
    const rows = await server.database.query<{ slug: string }>(
      "select slug from directory_slugs where tenant_id = $1 and kept_until is null",
      [tenantId],
    );
    expect(rows).toEqual([{ slug }]);
  });

  test("while it is deleted leaves none of its slugs taken", async () => {
    const { slug, path, tenantId } = await makeWorkspace(ada);
    const next = freshSlug("late");
    await Promise.all([
      ada.patch(path, { slug: next }),
      ada.post(`${path}/deletion`, { slug }),
      ada.patch(path, { slug: freshSlug("late") }),
    ]);
    // If the change came first, the old slug no longer confirmed the deletion.
    const { slug: current } = (await ada.get(path)).json;
    if (current) await ada.post(`${path}/deletion`, { slug: current });
    await until("every address to be free", async () => {
      const rows = await server.database.query("select 1 from directory_slugs where tenant_id = $1", [tenantId]);
      return rows.length === 0;
    });
    expect((await createWorkspace(slug)).status).toBe(201);
    expect((await createWorkspace(next)).status).toBe(201);
  });
});

describe("look-alikes of a slug", () => {
  test.each([
    ["a zero for an o", (word: string) => word.replace("o", "0")],
    ["a one for an l", (word: string) => word.replace("l", "1")],
    ["an i for an l", (word: string) => word.replace("l", "i")],
    ["rn for an m", (word: string) => word.replace("m", "rn")],
    ["vv for a w", (word: string) => word.replace("w", "vv")],
    ["an extra hyphen", (word: string) => word.replace("m", "-m")],
    ["all of these", (word: string) => word.replace("o", "0").replace("l", "i").replace("m", "r-n").replace("w", "v-v")],
  ])("are refused when it is taken: %s", async (_difference, disguise) => {
    const word = `${freshLetters()}lomw`;
    await makeWorkspace(ada, word);
    const alike = disguise(word);
    expect(alike).not.toBe(word);
    const refused = await createWorkspace(alike);
    expect(refused).toMatchObject({ status: 409, code: "slug_look_alike", json: { fields: [{ path: "slug" }] } });
    expect(refused.text).not.toContain(word);
    const answer = await verdict(ada, alike);
    expect(answer).toMatchObject({ available: false, reason: "look_alike" });
    expect(JSON.stringify(answer)).not.toContain(word);
    const { path } = await makeWorkspace(ada);
    expect(await ada.patch(path, { slug: alike })).toMatchObject({ status: 409, code: "slug_look_alike" });
  });

  test("are refused when it is kept, and allowed when it is the workspace's own or free again", async () => {
    const word = `${freshLetters()}lom`;
    const alike = word.replace("o", "0");
    const { path } = await makeWorkspace(ada, word);
    await ada.patch(path, { slug: freshSlug("away") });
    expect((await createWorkspace(alike)).code).toBe("slug_look_alike");
    expect((await ada.patch(path, { slug: alike })).json.slug).toBe(alike);
    await ada.patch(path, { slug: freshSlug("away") });
    await expire(word);
    await expire(alike);
    expect((await createWorkspace(word.replace("l", "1"))).status).toBe(201);
  });

  test.each(["wh00t", "adm1n", "sett-ings", "api-"])("are refused when it is reserved: %s", async (slug) => {
    const refused = await createWorkspace(slug);
    if (slug.endsWith("-")) expect(refused.code).toBe("invalid_input");
    else expect(refused.code).toBe("slug_reserved");
    expect((await verdict(ada, slug)).available).toBe(false);
  });

  test.each([
    ["clark", "dark"],
    ["site5", "sites"],
    ["nine", "mine"],
  ])("do not include slugs that merely resemble it: %s and %s are both allowed", async (one, other) => {
    expect((await createWorkspace(one)).status).toBe(201);
    expect((await createWorkspace(other)).status).toBe(201);
  });
});

test("the serving role can claim slugs only for its own tenant and sees no other tenant's; neither role can write the directory directly", async () => {
  const urls = await prepareDatabase(server.database.ownerUrl, MASTER_KEY);
  const { slug, path } = await makeWorkspace(ada);
  await ada.patch(path, { slug: freshSlug("moved") });
  for (const url of [urls.app, urls.platform]) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await expect(client.query("select claim_slug('nobodys')")).rejects.toThrow(/no tenant is entered/);
      for (const statement of [
        "insert into directory_slugs values ('past-it', gen_random_uuid())",
        "update directory_slugs set kept_until = null",
      ]) {
        await expect(client.query(statement)).rejects.toMatchObject({ code: "42501" });
      }
      await client.query("begin; select set_config('whoot.tenant_id', gen_random_uuid()::text, true)");
      expect((await client.query("select claim_slug($1) as obstacle", [slug])).rows).toEqual([{ obstacle: "taken" }]);
      const others = client.query("select * from earlier_slugs()");
      if (url === urls.app) expect((await others).rows).toEqual([]);
      else await expect(others).rejects.toMatchObject({ code: "42501" });
      await client.query("rollback");
      if (url === urls.app) expect((await client.query("select * from earlier_slugs()")).rows).toEqual([]);
    } finally {
      await client.end();
    }
  }
});
