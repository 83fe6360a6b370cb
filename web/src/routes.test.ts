import { mailedPaths } from "#contract/paths.ts";
import { matchRoutes } from "react-router";
import { expect, test } from "vitest";
import { routes } from "./routes.tsx";

const mailed = Object.entries(mailedPaths).map(([page, path]) => ({ page, path: path("acme") }));

/** The route pattern of the page at an address. */
function pageAt(path: string): string | undefined {
  const matches = matchRoutes(routes, new URL(path, "https://whoot.example").pathname) ?? [];
  return matches.flatMap(({ route }) => route.path ?? []).join("/");
}

test.each(mailed)("the mailed link to $page opens its page of the web app", ({ path }) => {
  const [first = ""] = path.split(/[?#]/);
  const parameter = first.startsWith("/sso/") ? "/:connectionId" : "/:slug";
  expect(pageAt(path)).toBe(first.replace("/acme", parameter));
});

test("an address that is no page is treated as a workspace's", () => {
  expect(pageAt("/nowhere")).toBe("/:slug");
  expect(pageAt("/acme/nowhere")).toBe("/:slug/*");
});
