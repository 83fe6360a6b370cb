/** The web app's table of routes, loaded from its source. */
import { matchRoutes, type RouteObject } from "react-router";
import { join } from "node:path";
import { createServer } from "vite";
import { ROOT } from "../../scripts/prepare.mjs";

export interface Routes {
  /** The pattern of each page, such as "/:slug/people". */
  readonly patterns: string[];
  /** The pattern of the page at an address. */
  patternOf(url: string): string;
}

interface Step {
  readonly path?: string | undefined;
}

function patternOf(steps: readonly Step[]): string {
  // A path may be absolute. Then the route's parents have no path.
  return (
    steps.reduce((whole, { path }) => (path === undefined || path === "/" ? whole : `${whole}/${path.replace(/^\//, "")}`), "") ||
    "/"
  );
}

function leaves(routes: readonly RouteObject[], above: readonly Step[] = []): string[] {
  return routes.flatMap((route) => (route.children ? leaves(route.children, [...above, route]) : [patternOf([...above, route])]));
}

/** Loads the routes through Vite, because their source imports styles. */
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
