import { Changed } from "#contract/gateway.ts";
import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { filesHolding } from "../ui/testing/sources.ts";
import { answerOf, queriesOf, itemsOf, keyOf, allExcept, pagesOf } from "./operation.ts";
import { ofPerson, outdatedBy } from "./outdated.ts";

/** Queries that pages of two workspaces have fetched. */
function fetchedPages(): QueryClient {
  const queries = new QueryClient();
  const fetched = (queryKey: readonly unknown[]) => queries.setQueryData(queryKey, {});
  fetched(keyOf("GET /api/v1/me", {}, "answer"));
  fetched(keyOf("GET /api/v1/me/activity", { query: { limit: 50 } }, "items"));
  fetched(keyOf("GET /api/v1/system", {}, "answer"));
  fetched(keyOf("GET /api/v1/slugs/{slug}", { path: { slug: "acme" } }, "answer"));
  for (const slug of ["acme", "globex"]) {
    const path = { slug };
    fetched(keyOf("GET /api/v1/tenants/{slug}", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/channels", { path, query: { limit: 200 } }, "items"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/channels/{channelId}", { path: { slug, channelId: "c1" } }, "answer"));
    for (const channelId of ["c1", "c2"])
      fetched(keyOf("GET /api/v1/tenants/{slug}/channels/{channelId}/transmissions", { path: { slug, channelId } }, "pages"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/members", { path, query: { search: "ada" } }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/members/count", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/roles", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/invitations", { path }, "pages"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/access-reviews/{reviewId}", { path: { slug, reviewId: "r1" } }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/exports", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/domains", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/security/encryption-key", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/billing/subscription", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/billing/licences", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/sso", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/sso/mine", { path }, "answer"));
    fetched(keyOf("GET /api/v1/tenants/{slug}/audit-log", { path }, "pages"));
  }
  return queries;
}

async function outdatedQueries(change: { what: Changed; channelId?: string }): Promise<string[]> {
  const queries = fetchedPages();
  for (const filters of outdatedBy("acme", change)) await queries.invalidateQueries(filters);
  return queries
    .getQueryCache()
    .getAll()
    .filter(({ state }) => state.isInvalidated)
    .map(({ queryKey: [operation, params] }) => {
      const { path = {} } = params as { path?: Record<string, string> };
      const template = String(operation).replace("/api/v1", "");
      return Object.entries(path).reduce((filled, [name, value]) => filled.replace(`{${name}}`, value), template);
    })
    .toSorted();
}

const reviews = "GET /tenants/acme/access-reviews/r1";
const channels = ["GET /tenants/acme/channels", "GET /tenants/acme/channels/c1"];
const members = ["GET /tenants/acme/members", "GET /tenants/acme/members/count"];
const roles = "GET /tenants/acme/roles";
const invitations = "GET /tenants/acme/invitations";
const transmissions = ["GET /tenants/acme/channels/c1/transmissions", "GET /tenants/acme/channels/c2/transmissions"];
const licences = "GET /tenants/acme/billing/licences";
const sso = ["GET /tenants/acme/sso", "GET /tenants/acme/sso/mine"];
const everything = [
  ...[
    "GET /me",
    "GET /me/activity",
    "GET /tenants/acme",
    "GET /tenants/acme/audit-log",
    "GET /tenants/acme/billing/subscription",
    licences,
    "GET /tenants/acme/exports",
    "GET /tenants/acme/domains",
    "GET /tenants/acme/security/encryption-key",
  ],
  ...[reviews, ...channels, ...transmissions, ...members, roles, invitations, ...sso],
].toSorted();

const expected: Record<Changed, string[]> = {
  self: everything,
  tenant: everything,
  billing: everything,
  channels: [reviews, ...channels],
  members: [reviews, licences, ...members, roles],
  roles: [reviews, invitations, ...members, roles, ...sso],
  invitations: [reviews, licences, invitations, roles],
  transmissions,
  accessReviews: [reviews],
  exports: ["GET /tenants/acme/exports"],
  domains: ["GET /tenants/acme/domains", ...sso],
  sso,
  encryptionKey: ["GET /tenants/acme/security/encryption-key"],
};

test.each(Changed.options)("a change of %s invalidates the queries that show it, only in its workspace", async (what) => {
  expect(await outdatedQueries({ what })).toEqual(expected[what]);
});

test("new transmissions of one channel do not invalidate those of another", async () => {
  expect(await outdatedQueries({ what: "transmissions", channelId: "c1" })).toEqual(transmissions.slice(0, 1));
});

test("after sign-out only queries about the system and the person are left", () => {
  const queries = fetchedPages();
  queries.removeQueries(allExcept(queriesOf(["GET /api/v1/system"]), ofPerson()));
  const left = queries.getQueryCache().getAll();
  expect(left.map(({ queryKey }) => queryKey[0])).toEqual(["GET /api/v1/me", "GET /api/v1/me/activity", "GET /api/v1/system"]);
});

test("one operation has a different query key for each of the three ways to read it", () => {
  const params = { path: { slug: "acme", channelId: "c1" }, query: { limit: 50 } };
  const operation = "GET /api/v1/tenants/{slug}/channels/{channelId}/transmissions";
  const keys = [answerOf, itemsOf, pagesOf].map((read) => JSON.stringify(read(operation, params).queryKey));
  expect(new Set(keys).size).toBe(3);
});

test("the key of an unknown operation, or one without its parameters, does not compile", () => {
  // @ts-expect-error misspelt
  keyOf("GET /api/v1/tenant/{slug}", { path: { slug: "acme" } }, "answer");
  // @ts-expect-error another method
  keyOf("PUT /api/v1/tenants/{slug}", { path: { slug: "acme" } }, "answer");
  // @ts-expect-error no slug
  keyOf("GET /api/v1/tenants/{slug}", { path: {} }, "answer");
  // @ts-expect-error no such search
  keyOf("GET /api/v1/tenants/{slug}/members", { path: { slug: "acme" }, query: { find: "ada" } }, "answer");
});

test("no file writes a query key by hand", () => {
  expect(filesHolding(/queryKey:\s*\[|mutationKey/)).toEqual([]);
});
