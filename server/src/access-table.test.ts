/**
 * How every operation answers every kind of person, tried on the real server: role × operation × tenant, inside one's own tenant, from
 * outside of it, and with another tenant's ids inside one's own tenant. The table is committed as docs/access.md and reviewed as text.
 * After an intended change, `npm test -- access-table -u` rewrites it.
 */
import { beforeAll, expect, test } from "vitest";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { fastifyPath } from "./platform/http/endpoint-schema.ts";
import { builtInPermissions, isAvailable } from "#contract/permissions.ts";
import { type Call, OPERATIONS, randomIds } from "./testing/every-operation.ts";
import type { Ids } from "./testing/furnish.ts";
import { furnish, type Furnished } from "./testing/furnish.ts";
import { type Answer, type HttpClient, httpClient } from "./testing/http.ts";
import { addMember, makeRole, type Person, signUpPerson } from "./testing/people.ts";
import { useStripe } from "./billing/payments/testing/use-stripe.ts";
import { useServer } from "./testing/server.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });

/** The only person who may use some operations: whoever was offered the workspace. */
const OFFERED = "Person offered the workspace";
const WITHIN = ["Owner", "Admin", "Custom role", "Member", "Viewer", "Suspended"] as const;
const OUTSIDE = ["Another tenant's owner", "Signed in, member of nothing", "Not signed in"] as const;
const FOREIGN_IDS = "Owner, with another tenant's ids";
const COLUMNS = [OFFERED, ...WITHIN, ...OUTSIDE, FOREIGN_IDS];

/** The permissions that the table's custom role has beyond a Member's. */
const CUSTOM = ["users.invite", "users.suspend", "channels.edit", "audit.view"] as const;

type Insider = "Admin" | "Custom role" | "Member" | "Viewer" | "Suspended";
let insiders: Record<Insider, Person>;
let outsiders: Record<(typeof OUTSIDE)[number], HttpClient>;
let foreign: Furnished;

beforeAll(async () => {
  const signUp = (name: string) => signUpPerson(server, name);
  insiders = {
    Admin: await signUp("Admin"),
    "Custom role": await signUp("Custom"),
    Member: await signUp("Member"),
    Viewer: await signUp("Viewer"),
    Suspended: await signUp("Suspended"),
  };
  foreign = await furnish(server);
  outsiders = {
    "Another tenant's owner": foreign.owner,
    "Signed in, member of nothing": await signUp("Nobody"),
    "Not signed in": httpClient(server.url),
  };
});

interface Scene {
  tenant: Furnished;
  who: Record<Insider | (typeof OUTSIDE)[number], HttpClient>;
}

/** A furnished tenant in which everybody has a part. */
async function makeScene(): Promise<Scene> {
  const tenant = await furnish(server);
  const { owner, workspace } = tenant;
  const { Admin, Member, Viewer } = workspace.roles;
  const custom = await makeRole(owner, workspace, [...[...builtInPermissions("member")].filter(isAvailable), ...CUSTOM]);
  const roleIds: Record<Insider, string> = { Admin, "Custom role": custom, Member, Viewer, Suspended: Member };
  for (const [name, person] of Object.entries(insiders)) {
    await addMember(server, owner, workspace, person, roleIds[name as Insider]);
  }
  await server.database.query("update members set status = 'suspended' where tenant_id = $1 and account_id = $2", [
    workspace.tenantId,
    insiders.Suspended.accountId,
  ]);
  return { tenant, who: { ...insiders, ...outsiders } };
}

const scenes = new Map<string, Scene>();

/** Resources whose operations need a tenant of their own, because they change what others would see, or because of a rate limit. */
const OF_THEIR_OWN = ["members", "invitations", "access-reviews", "logo", "logos"];
/** Resources whose operations each need a tenant of their own, because of a rate limit, or because nothing is left afterwards. */
const EACH_OF_THEIR_OWN = ["ownership-offer", "departure", "deletion"];

/** One scene per resource or operation that needs its own, and one for all others. */
async function sceneFor({ path }: EndpointSpec): Promise<Scene> {
  const [, , , resource = ""] = path.split("/");
  const key = EACH_OF_THEIR_OWN.includes(resource) ? path : OF_THEIR_OWN.includes(resource) ? resource : "all others";
  const scene = scenes.get(key) ?? (await makeScene());
  scenes.set(key, scene);
  return scene;
}

function word({ status, code }: Answer): string {
  if (status < 300) return "yes";
  if (code === "not_found") return "404";
  return code ?? String(status);
}

function send(
  client: HttpClient,
  spec: EndpointSpec,
  { workspace }: Furnished,
  { params, body, headers = {} }: Call,
): Promise<Answer> {
  const values: Record<string, string> = { slug: workspace.slug, ...params };
  const path = fastifyPath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? "");
  return client.send(spec.method, path, { body, headers });
}

/** Prepares a call that succeeds for the person who may make it. */
async function prepare({ operationId }: EndpointSpec, tenant: Furnished) {
  const operation = OPERATIONS[operationId];
  if (!operation) throw new Error(`${operationId} is missing in testing/every-operation.ts`);
  const { owner, ids, workspace } = tenant;
  return (await operation.success?.(server, tenant)) ?? { who: owner, call: operation.calls(ids, workspace.slug)[0] ?? {} };
}

/** The current owner: preparing a handover may have changed it. */
async function ownerOf({ owner, guest, workspace }: Furnished): Promise<HttpClient> {
  return (await owner.get(workspace.path)).json.self.isOwner ? owner : guest;
}

/** Replaces each of the tenant's own ids in the call by another tenant's. The answer must be that for an id that never existed. */
async function tryForeignIds(spec: EndpointSpec, tenant: Furnished): Promise<string> {
  const answersTo = async (ids: Ids) => {
    const words = new Set<string>();
    for (const key of Object.keys(ids) as Array<keyof Ids>) {
      for (const call of OPERATIONS[spec.operationId]?.calls({ ...tenant.ids, [key]: ids[key] }, tenant.workspace.slug) ?? []) {
        if (JSON.stringify(call).includes(ids[key])) words.add(word(await send(await ownerOf(tenant), spec, tenant, call)));
      }
    }
    return [...words].sort().join(", ");
  };
  const answer = await answersTo({ ...foreign.ids, roleId: foreign.workspace.roles.Member });
  expect([spec.operationId, answer]).toEqual([spec.operationId, await answersTo(randomIds())]);
  return answer === "" ? "–" : answer;
}

/** Tries the operation as each person, who could each succeed. People without the permission go first, so that nothing is gone yet. */
async function tryAll(spec: EndpointSpec): Promise<Record<string, string>> {
  const { tenant, who } = await sceneFor(spec);
  const row: Record<string, string> = { [FOREIGN_IDS]: await tryForeignIds(spec, tenant), [OFFERED]: "–" };
  const { call } = await prepare(spec, tenant);
  for (const column of OUTSIDE) row[column] = word(await send(who[column], spec, tenant, call));
  for (const column of [...WITHIN].reverse()) {
    const prepared = await prepare(spec, tenant);
    const client = column === "Owner" ? await ownerOf(tenant) : who[column];
    row[column] = word(await send(client, spec, tenant, prepared.call));
    if (column === "Owner" && ONLY_FOR_ONE.has(spec.operationId)) {
      row[OFFERED] = word(await send(prepared.who, spec, tenant, prepared.call));
    }
  }
  return row;
}

/** Only the person who was offered the workspace may do these, whatever their role. */
const ONLY_FOR_ONE = new Set(["acceptOwnership", "declineOwnership"]);

const inTenants = ENDPOINTS.filter(({ access }) => access === "member");

test("every role gets the documented answer from every operation, in its own tenant and in others", async () => {
  const rows: string[] = [];
  for (const spec of inTenants) {
    const row = await tryAll(spec);
    for (const column of OUTSIDE.slice(0, 2))
      expect([spec.operationId, column, row[column]]).toEqual([spec.operationId, column, "404"]);
    expect([spec.operationId, row["Not signed in"]]).toEqual([spec.operationId, "not_signed_in"]);
    expect([spec.operationId, row["Suspended"]]).toEqual([spec.operationId, "suspended"]);
    const resource = spec.path.replace(/^\/tenants\/\{slug\}\/?/, "").replace(/\{\w+\}/g, "{id}") || "(the workspace)";
    rows.push(`| ${resource} | ${spec.method} | \`${spec.operationId}\` | ${COLUMNS.map((column) => row[column]).join(" | ")} |`);
  }
  const table = [
    "# Who gets what",
    "",
    "Every operation inside a workspace, with the real server's answer to each person. `npm test -- access-table -u` writes this file, and every test run",
    "compares it (`server/src/access-table.test.ts`). **yes**: it succeeds. Any other word is the refusal's code; **404** is the answer for what does not exist.",
    "[permissions.md](permissions.md) lists the permissions that each role has.",
    "",
    `**Custom role**: a Member's permissions and ${CUSTOM.map((name) => `\`${name}\``).join(", ")}. **${OFFERED}**: the answer to that person,`,
    `for operations that only they may use, whatever their role. **${FOREIGN_IDS}**: in one's own workspace, with each id in the call`,
    "replaced in turn by another tenant's; the answers are the same as for ids that never existed. –: the call has no ids, or is not for one person.",
    "",
    `| resource | method | operation | ${COLUMNS.join(" | ")} |`,
    `|---|---|---|${COLUMNS.map(() => "---").join("|")}|`,
    ...rows.sort(),
    "",
  ].join("\n");
  await expect(table).toMatchFileSnapshot("../../docs/access.md");
});
