/**
 * Who gets what from every operation, tried on the real server: role × operation, in one's own tenant and from outside of it.
 * The table is committed as docs/access.md and reviewed as text; after a change that is meant, `npm test -- access-table -u` writes it.
 */
import { beforeAll, expect, test } from "vitest";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { fastifyPath } from "./platform/http/endpoint-schema.ts";
import { OPERATIONS } from "./testing/every-operation.ts";
import { furnish } from "./testing/furnish.ts";
import { type Answer, type HttpClient, httpClient } from "./testing/http.ts";
import { addMember, makeWorkspace, type Person, signUpPerson } from "./testing/people.ts";
import { useServer } from "./testing/server.ts";

const server = useServer();

const WITHIN = ["Owner", "Admin", "Member", "Viewer", "Suspended"] as const;
const OUTSIDE = ["Another tenant's owner", "Signed in, member of nothing", "Not signed in"] as const;
const COLUMNS = [...WITHIN, ...OUTSIDE];

let insiders: Record<"Admin" | "Member" | "Viewer" | "Suspended", Person>;
let outsiders: Record<(typeof OUTSIDE)[number], HttpClient>;

beforeAll(async () => {
  const [admin, member, viewer, suspended, foreign, nobody] = await Promise.all(
    ["Admin", "Member", "Viewer", "Suspended", "Foreign", "Nobody"].map((name) => signUpPerson(server, name)),
  );
  if (!admin || !member || !viewer || !suspended || !foreign || !nobody) throw new Error("unreachable");
  await makeWorkspace(foreign);
  insiders = { Admin: admin, Member: member, Viewer: viewer, Suspended: suspended };
  outsiders = {
    "Another tenant's owner": foreign,
    "Signed in, member of nothing": nobody,
    "Not signed in": httpClient(server.url),
  };
});

type Scene = Awaited<ReturnType<typeof makeScene>>;

/** A furnished tenant in which everybody has a part. */
async function makeScene() {
  const tenant = await furnish(server);
  const { owner, workspace } = tenant;
  for (const [name, person] of Object.entries(insiders)) {
    await addMember(server, owner, workspace, person, workspace.roles[name === "Suspended" ? "Member" : (name as "Admin")]);
  }
  await server.database.query("update members set status = 'suspended' where tenant_id = $1 and account_id = $2", [
    workspace.tenantId,
    insiders.Suspended.accountId,
  ]);
  return { tenant, who: { Owner: owner, ...insiders, ...outsiders } as Record<(typeof COLUMNS)[number], HttpClient> };
}

const scenes = new Map<string, Scene>();

/** One for each resource. Handing over the workspace takes a password each time, and those are counted: there one for each operation. */
async function sceneFor({ path }: EndpointSpec): Promise<Scene> {
  const [, , , resource = ""] = path.split("/");
  const key = ["ownership-offer", "departure", "deletion"].includes(resource) ? path : resource;
  const scene = scenes.get(key) ?? (await makeScene());
  scenes.set(key, scene);
  return scene;
}

function word({ status, code }: Answer): string {
  if (status < 300) return "yes";
  if (code === "not_found") return "404";
  return code ?? String(status);
}

/** The operation as each would do it, each with a fresh chance to succeed. Who may not comes first, so that nothing is gone yet. */
async function tryAll(spec: EndpointSpec): Promise<Record<string, string>> {
  const operation = OPERATIONS[spec.operationId];
  if (!operation) throw new Error(`${spec.operationId} is missing in testing/every-operation.ts`);
  const { tenant, who } = await sceneFor(spec);
  const row: Record<string, string> = {};
  for (const column of [...COLUMNS].reverse()) {
    const prepared = (await operation.success?.(server, tenant)) ?? {
      who: tenant.owner,
      call: operation.calls(tenant.ids, tenant.workspace.slug)[0] ?? {},
    };
    // What only a certain person can do (the one who was invited, say) is theirs in the owner's place.
    const client = column === "Owner" && prepared.who !== tenant.owner ? prepared.who : who[column];
    const values: Record<string, string> = { slug: tenant.workspace.slug, ...prepared.call.params };
    const path = fastifyPath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? "");
    const { body, headers = {} } = prepared.call;
    row[column] = word(await client.send(spec.method, path, { body, headers }));
  }
  return row;
}

const inTenants = ENDPOINTS.filter(({ access }) => access === "member");

test("role × operation, within the tenant and from outside", async () => {
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
    "Every operation inside a workspace, as the real server answered it to each: written by `npm test -- access-table -u`, compared by every run",
    "(`server/src/access-table.test.ts`). **yes**: done. Any other word is the code of the refusal; **404** is the answer of what never existed.",
    "What it takes within a workspace, permission by permission: [permissions.md](permissions.md).",
    "",
    `| resource | method | operation | ${COLUMNS.join(" | ")} |`,
    `|---|---|---|${COLUMNS.map(() => "---").join("|")}|`,
    ...rows.sort(),
    "",
  ].join("\n");
  await expect(table).toMatchFileSnapshot("../../docs/access.md");
}, 180_000);
