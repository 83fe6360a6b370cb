/**
 * Thousands of random operations by random members of two tenants, compared with a small model of who may do what. After each operation:
 * the answer matches the model, a refusal has changed nothing, and neither tenant can see or change the other. Finally one is deleted.
 *
 * Each run has a new seed, except in CI, where a failure must come from the change and not from chance. A failure prints what was done, and
 * a command that repeats it and looks for a shorter way to it.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Permission } from "#contract/permissions.ts";
import { freshSlug, makeWorkspace, type Person, signUpPerson } from "./testing/people.ts";
import { useServer } from "./testing/server.ts";
import { expectAsModelled, type Fingerprints, makeFingerprinter } from "./testing/tenancy-compare.ts";
import { type Deed, type Doing, pick, type Step } from "./testing/tenancy-deeds.ts";
import { INVITATION_DOINGS, join } from "./testing/tenancy-invitations.ts";
import { memberOf, type ModelRole, type ModelTenant, namesOf, newTenant } from "./testing/tenancy-model.ts";
import { PEOPLE_DOINGS } from "./testing/tenancy-people.ts";
import { REVIEW_DOINGS } from "./testing/tenancy-reviews.ts";
import { arbitraryBeginning, arbitrarySteps } from "./testing/tenancy-steps.ts";
import { THING_DOINGS } from "./testing/tenancy-things.ts";

const server = useServer();
let fingerprint: (one: ModelTenant, other: ModelTenant) => Promise<Fingerprints>;
beforeAll(async () => {
  fingerprint = await makeFingerprinter(server.database);
});

/** People who belong to one tenant, to the other, to both or to none. */
let crowd: Person[] = [];
let begun = 0;
/** The state of both tenants after the last operation. */
let last: Fingerprints = new Map();
/** The steps of this run. */
let trace: string[] = [];

const DOINGS: Record<string, Doing> = { ...PEOPLE_DOINGS, ...INVITATION_DOINGS, ...THING_DOINGS, ...REVIEW_DOINGS };

/** How often each kind succeeded, was refused as the model says, or hit a rate limit. */
const tally: Record<string, { done: number; refused: number; limited: number }> = {};

function count(kind: string, what: "done" | "refused" | "limited"): void {
  (tally[kind] ??= { done: 0, refused: 0, limited: 0 })[what] += 1;
}

/** What must exist before a step of this kind can do anything. */
const FIRST: Record<string, string> = {
  ...{ decide: "startReview", completeReview: "startReview", readReview: "startReview", seeLogo: "setLogo" },
  ...{ restrictTalkers: "createChannel", openToAll: "createChannel", seeChannel: "createChannel" },
  ...{ renameChannel: "createChannel", deleteChannel: "createChannel" },
  ...{ accept: "invite", decline: "invite", resend: "invite", withdraw: "invite", withdrawMany: "invite", copyLink: "invite" },
};

/** Runs the step, and compares the answer and both tenants with the model. */
async function expectDeed(here: ModelTenant, there: ModelTenant, person: Person, deed: Deed, name: string) {
  const before = last;
  const by = deed.by ?? person;
  const answer = await deed.send();
  const limited = answer.code === "rate_limited";
  const allowed = deed.allowed && !limited;
  const what = answer.status < 300 ? "done" : (answer.code ?? "");
  trace.push(`${trace.length + 1}. in ${here.workspace.slug} ${by.name} ${name}: ${answer.status} ${what}`);
  const context = `${trace.at(-1)} ${answer.text.slice(0, 2_000)}`;

  expect([context, answer.status < 300]).toEqual([context, allowed]);
  // A refusal must come from the server, not from a database error.
  if (answer.status >= 500) throw new Error(context);
  if (!deed.aboveTenants && !memberOf(here, by)) expect([context, answer.code]).toEqual([context, "not_found"]);
  if (allowed) await deed.settle?.();
  last = await fingerprint(here, there);
  expect([context, last.get(there)]).toEqual([context, before.get(there)]);
  if (!allowed) expect([context, last.get(here)]).toEqual([context, before.get(here)]);
  const betrayed = namesOf(there).filter((id) => !deed.repeats?.includes(id) && answer.text.includes(id));
  expect([context, betrayed]).toEqual([context, []]);
  if (allowed) await deed.apply(answer);
  return limited ? "limited" : allowed ? "done" : "refused";
}

async function perform(here: ModelTenant, there: ModelTenant, step: Step): Promise<boolean> {
  // Mostly one of the tenant's own people. The model knows everybody's role.
  const people = {
    owner: [here.owner],
    insider: here.members,
    neighbour: there.members,
    anybody: crowd.map((one) => ({ person: one })),
  }[step.from];
  const { person } = pick<{ person: Person }>(people, step.who) as { person: Person };
  const deed = DOINGS[step.kind]?.({ here, there, person, crowd, step });
  if (!deed) {
    const first = FIRST[step.kind];
    return first !== undefined && perform(here, there, { ...step, kind: first });
  }
  const name = `${step.kind}${step.crossed ? ", crossed" : ""}`;
  count(step.kind, await expectDeed(here, there, person, deed, name));
  return true;
}

/** Only the owner may do it, whatever permissions others have. */
function deletion(tenant: ModelTenant, person: Person): Deed {
  const { slug, path } = tenant.workspace;
  return {
    allowed: tenant.owner.person === person,
    send: () => person.post(`${path}/deletion`, { slug }),
    apply: () => {},
  };
}

/** Only the owner may do it. Then the tenant is gone for everybody, and the other one is unchanged. */
async function expectDeletion(doomed: ModelTenant, other: ModelTenant): Promise<void> {
  const others = [...doomed.members, ...other.members].filter(({ person }) => person !== doomed.owner.person);
  for (const { person } of others) await expectDeed(doomed, other, person, deletion(doomed, person), "deletes");
  await expectDeed(doomed, other, doomed.owner.person, deletion(doomed, doomed.owner.person), "deletes");
  for (const { person } of [...doomed.members, doomed.owner]) {
    for (const slug of [doomed.workspace.slug, ...doomed.earlierSlugs]) {
      expect(await person.get(`/api/v1/tenants/${slug}`)).toMatchObject({ status: 404, code: "not_found" });
    }
  }
  await expectAsModelled(server.database, other);
}

/** Someone new after a while, because of the rate limit for accepting invitations. */
async function gatherCrowd(): Promise<void> {
  if (begun % 4 === 0) {
    crowd = await Promise.all(["Ada", "Ben", "Cid", "Dee", "Eve", "Fay", "Gil", "Hal"].map((name) => signUpPerson(server, name)));
  }
  begun += 1;
}

async function begin(name: string, roles: Permission[][], guests: Person[]): Promise<ModelTenant> {
  const owner = await signUpPerson(server, name);
  const workspace = await makeWorkspace(owner, freshSlug(name.toLowerCase()));
  const { json } = await owner.get(workspace.path);
  const tenant = newTenant(workspace, owner, json.self.memberId);
  for (const permissions of roles) {
    const role = (await owner.post(`${workspace.path}/roles`, { name: freshSlug("role"), permissions })).json;
    const { roleId, name: roleName, version } = role;
    tenant.roles.push({ roleId, name: roleName, builtIn: false, permissions: new Set(permissions), version });
  }
  for (const [index, person] of guests.entries()) {
    const role = tenant.roles.at(-1 - (index % tenant.roles.length)) as ModelRole;
    const { json: made } = await owner.post(`${workspace.path}/invitations`, { email: person.email, roleId: role.roleId });
    expect(await person.post(`/api/v1/me/invitations/${made.invitationId}/acceptance`)).toMatchObject({ status: 200 });
    await join(tenant, person, role);
    tenant.mailed.set(person, 1);
  }
  // Keeps the sessions recently authenticated for as long as the steps take.
  await server.database.query("update sessions set authenticated_at = now() + interval '1 hour'");
  return tenant;
}

const { CI, WHOOT_PROPERTY_SEED, WHOOT_PROPERTY_PATH: PATH, WHOOT_PROPERTY_RUNS, WHOOT_PROPERTY_STEPS } = process.env;
const SEED = WHOOT_PROPERTY_SEED ?? (CI ? "20261124" : undefined);
const RUNS = Number(WHOOT_PROPERTY_RUNS ?? 10);
const STEPS = Number(WHOOT_PROPERTY_STEPS ?? 250);
/** For looking for a shorter failure: each attempt begins with two new workspaces. */
const SHRINKING_MS = 120_000;

test(`${RUNS} times ${STEPS} random operations by random members of two tenants`, { timeout: RUNS * 60_000 }, async () => {
  let done = 0;
  /** The steps of the reported failure. The last one found is the shortest. */
  let failed: string[] = [];
  const steps = arbitrarySteps(Object.keys(DOINGS), STEPS);
  const property = fc.asyncProperty(arbitraryBeginning, arbitraryBeginning, steps, async (rolesOfOne, rolesOfOther, todo) => {
    await gatherCrowd();
    trace = [];
    try {
      // Two of the people belong to both tenants.
      const first = await begin("Anna", rolesOfOne, crowd.slice(0, 5));
      const second = await begin("Bela", rolesOfOther, crowd.slice(3));
      last = await fingerprint(first, second);
      for (const step of todo) {
        if (await (step.second ? perform(second, first, step) : perform(first, second, step))) done += 1;
      }
      await expectAsModelled(server.database, first);
      await expectAsModelled(server.database, second);
      await expectDeletion(first, second);
    } catch (error) {
      failed = trace;
      throw error;
    }
  });
  await fc.assert(property, {
    numRuns: RUNS,
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
    ...(PATH === undefined ? { endOnFailure: true } : { path: PATH, interruptAfterTimeLimit: SHRINKING_MS }),
    asyncReporter: async (report) => {
      if (!report.failed) return;
      const path = report.counterexamplePath;
      const settings = `WHOOT_PROPERTY_STEPS=${STEPS} WHOOT_PROPERTY_SEED=${report.seed} WHOOT_PROPERTY_PATH=${path}`;
      throw new Error(`${failed.join("\n")}\nAgain: ${settings} npm test -- tenancy.property`, { cause: report.errorInstance });
    },
  });
  if (process.env["WHOOT_TALLY"]) console.table(tally);
  if (PATH !== undefined) return;
  expect(done).toBeGreaterThan((RUNS * STEPS * 4) / 5);
  expect(Object.keys(tally).sort()).toEqual(Object.keys(DOINGS).sort());
  // Steps that only ever hit a rate limit would prove nothing.
  expect(Object.values(tally).reduce((sum, { limited }) => sum + limited, 0)).toBeLessThan(done / 20);
});
