/** What other sites can make a signed-in browser send, and what HEAD answers. */
import { beforeAll, expect, test } from "vitest";
import { leavesTraces } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { makeWorkspace, type Person, signIn, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
let ada: Person;
let workspace: Workspace;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  workspace = await makeWorkspace(ada);
});

const ID = "01900000-0000-7000-8000-000000000000";
const pathOf = (path: string) => `/api/v1${path.replace("{slug}", workspace.slug).replaceAll(/\{\w+\}/g, ID)}`;
const writing = ENDPOINTS.filter((spec) => spec.method === "GET" && leavesTraces(spec));
const readOnly = ENDPOINTS.filter((spec) => spec.method === "GET" && !leavesTraces(spec) && spec.success.status !== 101);

test("every GET that writes to the audit log is refused to other sites, whichever way they make the browser send it", async () => {
  expect(writing.map(({ operationId }) => operationId)).toContain("playTransmission");
  for (const { operationId, path } of writing) {
    for (const headers of [
      { "sec-fetch-site": "cross-site", "sec-fetch-dest": "audio" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
    ]) {
      const { status, code } = await ada.get(pathOf(path), headers);
      expect([operationId, status, code]).toEqual([operationId, 403, "cross_site"]);
    }
    // The request passes this check when it comes from our own pages or was typed into the address bar.
    for (const site of ["same-origin", "none"]) {
      const { code } = await ada.get(pathOf(path), { "sec-fetch-site": site });
      expect([operationId, code]).not.toEqual([operationId, "cross_site"]);
    }
  }
});

test("following a link on another site to the API does not sign the session in to the workspace", async () => {
  const entries = async () =>
    (
      await server.database.query<{ count: string }>("select count(*) from member_sessions where tenant_id = $1", [
        workspace.tenantId,
      ])
    )[0]?.count;
  const before = await entries();
  const browser = await signIn(server, ada.email);
  expect((await browser.get(workspace.path, { "sec-fetch-site": "cross-site" })).status).toBe(200);
  expect(await entries()).toBe(before);
  expect((await browser.get(workspace.path, { "sec-fetch-site": "same-origin" })).status).toBe(200);
  expect(await entries()).toBe(String(Number(before) + 1));
});

test("HEAD answers like GET without a body, and is not found where GET would write to the audit log", async () => {
  for (const path of ["/healthz", "/readyz", "/api/openapi.json", ...readOnly.map((spec) => pathOf(spec.path))]) {
    const [get, head] = [await ada.get(path), await ada.send("HEAD", path)];
    expect([path, head.status, head.bytes.length]).toEqual([path, get.status, 0]);
    expect([path, head.headers["content-type"]]).toEqual([path, get.headers["content-type"]]);
  }
  for (const { path } of writing) expect((await ada.send("HEAD", pathOf(path))).status).toBe(404);
});

test("a page answers HEAD with the same headers as GET", async () => {
  const [get, head] = [await ada.get("/sign-in"), await ada.send("HEAD", "/sign-in")];
  expect([head.status, head.bytes.length, head.headers["content-type"]]).toEqual([get.status, 0, get.headers["content-type"]]);
});
