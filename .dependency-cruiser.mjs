/**
 * Who may import whom, each rule with its reason. `npm run check` holds every import to them.
 * A feature is a folder of server/src that serves people.
 */
const FEATURES =
  "access-reviews|accounts|audit|channels|deletions|exports|invitations|members|my-tenants|recordings|roles|tenants";
/** Tests and what only tests use may look anywhere. */
const TESTS = "\\.(test|spec)\\.tsx?$|/testing/|^e2e/";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circular",
      comment:
        "Two files that need each other are one file, or lack a third. `import type` may look back: it is gone at run time.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolvable",
      comment: "An import that leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "contract-stands-alone",
      comment: "The contract is what every side shares; it must load in a browser, in the server and in an outside client alike.",
      severity: "error",
      from: { path: "^contract/", pathNot: TESTS },
      to: { pathNot: "^contract/|^node_modules/zod/" },
    },
    {
      name: "web-knows-the-contract-only",
      comment:
        "The web app speaks to the server over HTTP and the gateway, like any client. What it imported of it would also be sent to browsers.",
      severity: "error",
      from: { path: "^web/" },
      to: { path: "^(server|e2e|bench|scripts)/" },
    },
    {
      name: "server-knows-no-web",
      comment: "The server serves the built web app as files; it must start without its sources.",
      severity: "error",
      from: { path: "^(server|contract)/" },
      to: { path: "^(web|bench|scripts|e2e)/" },
    },
    {
      name: "nothing-served-imports-tests",
      comment: "Test helpers are not written for untrusted input, and would be part of the running server.",
      severity: "error",
      from: { path: "^(server|web|contract)/", pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: "features-through-their-front-door",
      comment:
        "A feature is used through its <feature>.ts, where its rules are. Its queries.ts asked from elsewhere would pass them by, " +
        "and could not be changed without reading the whole house. accounts/sessions.ts and members/admit.ts are doors too: " +
        "they are gate 1, apart from the features so that the features can stand behind them.",
      severity: "error",
      from: { path: `^server/src/([^/]+)/`, pathNot: TESTS },
      to: {
        path: `^server/src/(${FEATURES})/`,
        pathNot: [
          "^server/src/$1/",
          `^server/src/(${FEATURES})/\\1\\.ts$`,
          "^server/src/accounts/sessions\\.ts$",
          "^server/src/members/admit\\.ts$",
          // Each allowed from one place, below.
          "^server/src/channels/policy\\.ts$",
          "^server/src/recordings/recorder\\.ts$",
        ],
      },
    },
    {
      name: "channel-policy-for-voice",
      comment:
        "Who may talk is decided by the policy of channels, pure functions, which voice asks on every press without a query.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/(channels|voice)/|${TESTS}` },
      to: { path: "^server/src/channels/policy\\.ts$" },
    },
    {
      name: "recorder-for-its-wiring",
      comment: "The recorder is opened and closed with the process; the health page asks it, no feature does.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/(recordings|system)/|^server/src/(main|app)\\.ts$|${TESTS}` },
      to: { path: "^server/src/recordings/recorder\\.ts$" },
    },
    {
      name: "platform-knows-no-feature",
      comment: "platform/ is what any product could stand on: were it to know a feature, every feature would depend on that one.",
      severity: "error",
      from: { path: "^server/src/platform/", pathNot: TESTS },
      to: { path: "^server/src/", pathNot: "^server/src/(platform/|config\\.ts$)" },
    },
    {
      name: "media-knows-the-contract-only",
      comment:
        "The media worker is to run in a process or on a machine of its own: it gets commands, gives events, and knows no tenant, no HTTP, no SQL.",
      severity: "error",
      from: { path: "^server/src/media/", pathNot: TESTS },
      to: { path: "^(server|web)/", pathNot: "^server/src/media/" },
    },
    {
      name: "voice-knows-its-ports-only",
      comment:
        "Voice decides in the tick of a press. Everything that waits (database, disk, media) reaches it through voice/ports.ts, given by main.ts. The limiter of platform/ is a function that knows nothing.",
      severity: "error",
      from: { path: "^server/src/voice/", pathNot: TESTS },
      to: { path: "^(server|web)/", pathNot: "^server/src/(voice/|channels/policy\\.ts$|platform/limiter\\.ts$)" },
    },
    {
      name: "only-the-wiring-starts-voice-and-media",
      comment: "The edge hands sockets over (voice/ports.ts) and never touches media; both are started in one place.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/(voice|media)/|^server/src/main\\.ts$|${TESTS}` },
      to: { path: "^server/src/(voice|media)/", pathNot: "^server/src/voice/ports\\.ts$" },
    },
    {
      name: "no-raw-database",
      comment:
        "A connection outside platform/db has no tenant set and no rule around it. withTenant and asPlatform are the only doors; changes.ts listens and jobs.ts asks its own tables; neither reads a tenant.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/platform/(db/|(changes|jobs)\\.ts$)|${TESTS}` },
      to: { path: "^node_modules/(pg|@types/pg)/" },
    },
    {
      name: "routes-hold-no-sql",
      comment:
        "A route admits, asks the feature and presents. SQL there would be past the feature's rules. (system/ asks the database whether it is there.)",
      severity: "error",
      from: { path: "^server/src/.*routes\\.ts$", pathNot: "^server/src/system/" },
      to: { path: "^node_modules/kysely/" },
    },
    {
      name: "policies-are-pure",
      comment:
        "A policy decides from what it is given: so it can be read as a table, tested without a database, and asked on every press.",
      severity: "error",
      from: { path: "^server/src/.*/policy\\.ts$" },
      to: { pathNot: "^contract/|^server/src/members/admit\\.ts$|^node_modules/zod/" },
    },
    {
      name: "webrtc-in-media-only",
      comment: "A crash in native code must cost a reconnect, never the API: it moves to a process of its own with media/.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/media/|${TESTS}` },
      to: { path: "^node_modules/node-datachannel/" },
    },
    {
      name: "no-dev-dependencies-in-the-server",
      comment: "What runs in production is declared as such.",
      severity: "error",
      from: { path: "^(server/src|contract)/", pathNot: TESTS },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/|^web/src/api/schema\\.d\\.ts$" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".css"],
    },
  },
};
