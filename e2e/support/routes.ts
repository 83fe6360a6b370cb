/** The table of the web app's pages, out of its own source. */
import { matchRoutes, type RouteObject } from "react-router";
import { join } from "node:path";
import { createServer } from "vite";
import { ROOT } from "../../scripts/prepare.mjs";

export interface Routes {
  /** "/:slug/people" for each page. */
  readonly patterns: string[];
  /** Of the page that is shown at an address. */
  patternOf(url: string): string;
}

interface Step {
  readonly path?: string | undefined;
}

function patternOf(steps: readonly Step[]): string {
  // Absolute paths begin anew, though their parents have none.
  return (
    steps.reduce((whole, { path }) => (path === undefined || path === "/" ? whole : `${whole}/${path.replace(/^\//, "")}`), "") ||
    "/"
  );
}

function leaves(routes: readonly RouteObject[], above: readonly Step[] = []): string[] {
  return routes.flatMap((route) => (route.children ? leaves(route.children, [...above, route]) : [patternOf([...above, route])]));
}

/** Through Vite, as the app is built: it imports styles. */
export async function loadRoutes(): Promise<Routes> {
  const vite = await createServer({
    configFile: join(ROOT, "web", "vite.config.ts"),
    logLevel: "error",
    appType: "custom",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, ws: false, hmr: false },
  });
  try {
    const { routes } = (await vite.ssrLoadModule("/src/routes.tsx")) as { routes: RouteObject[] };
    return {
      patterns: leaves(routes),
      patternOf: (url) => patternOf((matchRoutes(routes, new URL(url).pathname) ?? []).map(({ route }) => route)),
    };
  } finally {
    await vite.close();
  }
}
