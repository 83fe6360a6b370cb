/** Mails before the certificates of a SAML connection expire, at chosen times, on the real server. */
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SEND_MAIL } from "../platform/mail/mail.ts";
import { openOutbox } from "../platform/mail/outbox.ts";
import { makeKey } from "../security/saml/testing/keys.ts";
import { waitingJobs } from "../testing/jobs.ts";
import { addMember, makeRole, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { checkConnections, checkTenant } from "./checking.ts";
import { dueStep, warnOfExpiry } from "./expiry.ts";
import { openUntested, type SamlConnection, SIGN_ON_URL, start } from "./testing/saml-side.ts";

const DAY = 86_400_000;
const END = new Date("2031-06-15T12:00:00Z");
const before = (days: number) => new Date(END.getTime() - days * DAY);

test("each step is due once, the last one that was reached, also after the end", () => {
  const due = (days: number, told: number | null) => dueStep(END, told, before(days));
  expect([30.01, 30, 8, 7, 2, 1, 0, -400].map((days) => due(days, null))).toEqual([null, 30, 30, 7, 7, 1, 1, 1]);
  expect([29, 7, 1].map((days) => due(days, 30))).toEqual([null, 7, 1]);
  expect([7, 1, -1].map((days) => due(days, 1))).toEqual([null, null, null]);
});

const server = useServer();
let services: Awaited<ReturnType<typeof openServices>>;
let owner: Person;
beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
});
afterAll(() => services.close());

interface Scene {
  workspace: Workspace;
  connection: SamlConnection;
}

const trust = (...certificates: string[]) => ({
  saml: { idpEntityId: "https://idp.example", signOnUrl: SIGN_ON_URL, certificates },
});

/** A connection that is switched on, with a certificate that ends at `end`. */
async function makeScene(end = END): Promise<Scene> {
  const workspace = await makeWorkspace(owner);
  const connection = await openUntested(server, owner, workspace);
  expect((await owner.patch(connection.path, trust(makeKey("p-256", end).certificate))).status).toBe(200);
  return { workspace, connection };
}

const warn = ({ workspace: { tenantId } }: Scene, now: Date) =>
  services.database.withTenant(tenantId, (tx) => warnOfExpiry(services, tx, now));

async function warnings({ workspace: { path } }: Scene): Promise<Array<Record<string, any>>> {
  const { items } = (await owner.get(`${path}/audit-log?limit=100`)).json as { items: Array<Record<string, any>> };
  return items.filter(({ action }) => action === "sso.certificate_expiring");
}

test("the owner and whoever may configure single sign-on get a mail at 30, 7 and 1 days, each once, and nobody is locked out", async () => {
  const scene = await makeScene();
  const { workspace, connection } = scene;
  const smith = await signUpPerson(server, "Smith");
  const ben = await signUpPerson(server, "Ben");
  await addMember(server, owner, workspace, smith, await makeRole(owner, workspace, ["security.view", "security.manage_sso"]));
  await addMember(server, owner, workspace, ben, workspace.roles.Member);

  await warn(scene, before(31));
  expect(await warnings(scene)).toEqual([]);
  for (const days of [30, 29, 7, 6, 1, 0.5]) await warn(scene, before(days));
  const told = await warnings(scene);
  expect(told).toHaveLength(3);
  expect(told[0]).toMatchObject({
    actor: { name: "whoot" },
    target: { name: "Corp" },
    changes: { expires: { to: END.toISOString() } },
  });
  for (const { email } of [owner, smith]) {
    for (let step = 0; step < 3; step += 1) {
      const mail = await server.mailTo(email, /certificate of .* expires on 15 June 2031/);
      expect(mail.text).toContain("/settings/security");
    }
  }
  await until("the mails to be sent", async () => (await waitingJobs(server.database, SEND_MAIL.name)).length === 0);
  const mails = await openOutbox(resolve(server.config.dataFolder, "outbox")).list();
  expect(mails.filter(({ to, subject }) => to === ben.email && subject.includes("certificate"))).toEqual([]);
  expect((await start(owner, connection)).status).toBe(200);
});

test("two jobs at once tell a step once", async () => {
  const scene = await makeScene();
  await Promise.all(Array.from({ length: 8 }, () => warn(scene, before(7))));
  expect(await warnings(scene)).toHaveLength(1);
});

test("a newer second certificate silences the warning, and a replaced one is warned of anew", async () => {
  const scene = await makeScene();
  const { connection } = scene;
  const old = makeKey("p-256", END).certificate;
  const newer = makeKey("p-256", new Date(END.getTime() + 365 * DAY)).certificate;
  await owner.patch(connection.path, trust(old, newer));
  await warn(scene, before(1));
  expect(await warnings(scene)).toEqual([]);
  await owner.patch(connection.path, trust(old));
  await warn(scene, before(1));
  expect(await warnings(scene)).toHaveLength(1);
  await owner.patch(connection.path, { name: "Another name" });
  await warn(scene, before(0.5));
  expect(await warnings(scene)).toHaveLength(1);
  await owner.patch(connection.path, trust(makeKey("p-256", END).certificate));
  await warn(scene, before(0.5));
  expect(await warnings(scene)).toHaveLength(2);
});

test("a connection that is switched off, and a deleted workspace, are not warned of", async () => {
  const off = await makeScene();
  await owner.patch(off.connection.path, { enabled: false });
  await warn(off, before(1));
  expect(await warnings(off)).toEqual([]);
  const gone = await makeScene(new Date(Date.now() + DAY));
  await server.database.query("update tenants set deleted_at = now() where tenant_id = $1", [gone.workspace.tenantId]);
  await checkTenant(services, { tenantId: gone.workspace.tenantId });
  expect(
    await server.database.query("select 1 from audit_log where tenant_id = $1 and action = 'sso.certificate_expiring'", [
      gone.workspace.tenantId,
    ]),
  ).toEqual([]);
});

test("the hourly job reaches every workspace with a connection", async () => {
  const scenes = [await makeScene(new Date(Date.now() + 20 * DAY)), await makeScene(new Date(Date.now() - DAY))];
  await checkConnections(services);
  await until("a warning in each of the two", async () => {
    const told = await Promise.all(scenes.map(warnings));
    return told.every(({ length }) => length === 1);
  });
  await server.mailTo(owner.email, /certificate of .* expired on/);
});
