/**
 * Who may import whom, each rule with its reason. `npm run check` holds every import to them, `import type` too.
 */

/** The folders and files of server/src, from the bottom up: each imports only what stands before it, or beside it in the same row. */
const LAYERS = [
  ["platform"],
  ["config.ts"],
  ["voice", "media"],
  ["services.ts"],
  ["audit"],
  ["access"],
  ["http"],
  ["feature.ts"],
  ["billing"],
  ["recordings"],
  ["channels"],
  ["tenants"],
  ["members"],
  ["invitations"],
  ["roles"],
  ["accounts"],
  ["security"],
  ["domains"],
  ["mfa"],
  ["member-sessions"],
  ["sso"],
  ["access-reviews"],
  ["audit-log"],
  ["exports"],
  ["encryption-key"],
  ["deletions"],
  ["my-tenants"],
  ["gateway", "system", "backups"],
  ["features.ts"],
  ["app.ts"],
  ["main.ts", "cli.ts"],
];

/** Folders of server/src that serve people. */
const FEATURES =
  "access-reviews|accounts|audit-log|billing|channels|deletions|domains|encryption-key|exports|invitations|member-sessions|members|mfa|my-tenants|recordings|roles|sso|tenants";
/** Tests and what only tests use may look anywhere. */
const TESTS = "\\.(test|spec)\\.tsx?$|/testing/|^e2e/";

/** Matches the files of these folders of server/src, and these files. */
function inSource(names) {
  return `^server/src/(${names.map((name) => (name.endsWith(".ts") ? name.replace(".", "\\.") + "$" : `${name}/`)).join("|")})`;
}

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circular",
      comment: "Two files that need each other are one file, or lack a third. What types need each other for, a third has, too.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...LAYERS.slice(0, -1).map((layer, at) => ({
      name: `layers: ${layer.join(", ")}`,
      comment: "Imports go down (LAYERS). Where two folders need each other, what they share is a thing of its own, below both.",
      severity: "error",
      from: { path: inSource(layer), pathNot: TESTS },
      to: { path: inSource(LAYERS.slice(at + 1).flat()), pathNot: TESTS },
    })),
    {
      name: "every-folder-has-a-layer",
      comment: "A folder that LAYERS does not name may be imported by anybody, and import anything.",
      severity: "error",
      from: {},
      to: { path: "^server/src/", pathNot: `${inSource(LAYERS.flat())}|${TESTS}` },
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
      name: "the-ground-of-the-web-app-knows-no-feature",
      comment: "Every feature stands on api/, ui/ and voice/: were one of them to know a feature, all would depend on it.",
      severity: "error",
      from: { path: "^web/src/(api|ui|voice)/", pathNot: TESTS },
      to: { path: "^web/src/(features|frame|errors)/" },
    },
    {
      name: "features-do-not-choose-error-pages",
      comment: "A feature's failure is shown on its page (ui/failure.tsx). What replaces the page, routes.tsx and frame/ decide.",
      severity: "error",
      from: { path: "^web/src/features/", pathNot: TESTS },
      to: { path: "^web/src/errors/" },
    },
    {
      name: "features-know-no-layout",
      comment: "frame/ puts features around pages. A page that stands alone takes its frame from features/page-frames/.",
      severity: "error",
      from: { path: "^web/src/features/", pathNot: TESTS },
      to: { path: "^web/src/frame/" },
    },
    {
      name: "server-knows-no-web",
      comment: "The server serves the built web app as files; it must start without its sources.",
      severity: "error",
      from: { path: "^(server|contract)/" },
      to: { path: "^(web|bench|scripts|e2e)/", pathNot: "^scripts/debian\\.mjs$" },
    },
    {
      name: "debian-programs-are-for-tests",
      comment: "The running server installs and looks for no programs.",
      severity: "error",
      from: { path: "^(server|contract)/", pathNot: TESTS },
      to: { path: "^scripts/debian\\.mjs$" },
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
        "and could not be changed without reading the whole house. audit-log/verify.ts is a door for restored backups.",
      severity: "error",
      from: { path: `^server/src/([^/]+)/`, pathNot: TESTS },
      to: {
        path: `^server/src/(${FEATURES})/`,
        pathNot: [
          "^server/src/$1/",
          `^server/src/(${FEATURES})/\\1\\.ts$`,
          "^server/src/audit-log/verify\\.ts$",
          // Whatever takes a licence.
          "^server/src/billing/licences\\.ts$",
          // The documents of an export.
          "^server/src/billing/documents/documents\\.ts$",
          "^server/src/tenants/ownership-offer\\.ts$",
          // Allowed from one place, below.
          "^server/src/recordings/recorder\\.ts$",
        ],
      },
    },
    {
      name: "recorder-for-its-wiring",
      comment: "The recorder is opened and closed with the process; no feature asks it.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/recordings/|^server/src/(main)\\.ts$|${TESTS}` },
      to: { path: "^server/src/recordings/recorder\\.ts$" },
    },
    {
      name: "platform-knows-no-feature",
      comment: "platform/ is what any product could stand on: were it to know a feature, every feature would depend on that one.",
      severity: "error",
      from: { path: "^server/src/platform/", pathNot: TESTS },
      to: { path: "^server/src/", pathNot: "^server/src/platform/" },
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
        "Voice decides in the tick of a press. Everything that waits (database, disk, media) reaches it through voice/ports.ts, given by main.ts. The limiter of platform/ and the type of what changed know nothing.",
      severity: "error",
      from: { path: "^server/src/voice/", pathNot: TESTS },
      to: { path: "^(server|web)/", pathNot: "^server/src/(voice/|platform/(limiter|change)\\.ts$)" },
    },
    {
      name: "only-the-wiring-starts-voice-and-media",
      comment: "The edge hands sockets over (voice/ports.ts) and never touches media; both are started in one place.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/(voice|media)/|^server/src/main\\.ts$|${TESTS}` },
      to: { path: "^server/src/(voice|media)/", pathNot: "^server/src/voice/(ports|talk-rule)\\.ts$" },
    },
    {
      name: "no-raw-database",
      comment:
        "A connection outside platform/db has no tenant set and no rule around it. withTenant and asPlatform… are the only doors; changes.ts listens and jobs.ts asks its own tables; neither reads a tenant.",
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
      to: { pathNot: "^contract/|^server/src/(access/(member|role-giving)|voice/talk-rule)\\.ts$|^node_modules/zod/" },
    },
    {
      name: "webrtc-in-media-only",
      comment: "A crash in native code must cost a reconnect, never the API: it moves to a process of its own with media/.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/media/|${TESTS}` },
      to: { path: "^node_modules/node-datachannel/" },
    },
    {
      name: "xml-packages-in-saml-only",
      comment:
        "A second reader of SAML could see another document than the verified one. The gate, the DOM and the signatures stay behind security/saml/ (docs/decisions/0035).",
      severity: "error",
      from: { path: "^(server|contract|web|scripts|bench|e2e)/", pathNot: "^server/src/security/saml/xml-packages\\.ts$" },
      to: { path: "^node_modules/(@xmldom|xml-crypto|xml-encryption|xpath)/" },
    },
    {
      name: "saxes-as-gate-and-for-logos",
      comment: "saxes is the gate of security/saml/; besides, it rewrites the SVG of a logo (docs/decisions/0013).",
      severity: "error",
      from: {
        path: "^(server|contract|web|scripts|bench|e2e)/",
        pathNot: "^server/src/(security/saml/gate|tenants/logo-svg)\\.ts$",
      },
      to: { path: "^node_modules/saxes/" },
    },
    {
      name: "saml-is-pure",
      comment:
        "Verification takes the time and gives ids back: no SQL, no HTTP, no clock of its own, so every attack is a plain test.",
      severity: "error",
      from: { path: "^server/src/security/saml/", pathNot: TESTS },
      to: {
        pathNot:
          "^server/src/security/saml/|^contract/|^node_modules/(saxes|@xmldom|xml-crypto|xml-encryption)/|^(crypto|module|util|zlib|node:.*)$",
      },
    },
    {
      name: "reckoning-is-pure",
      comment:
        "What bills takes the time and values, and returns values: no SQL, no HTTP, no clock, so a quote and a bill are one function and every case is a plain test.",
      severity: "error",
      from: { path: "^server/src/billing/reckoning/", pathNot: TESTS },
      to: { pathNot: "^server/src/billing/reckoning/|^contract/" },
    },
    {
      name: "e-invoices-are-pure",
      comment:
        "An e-invoice follows from its document's rows alone, so it is the same whenever it is written, and every case is a plain test.",
      severity: "error",
      from: { path: "^server/src/billing/documents/(facturx|issued|words|xmp)\\.ts$" },
      to: { pathNot: "^server/src/billing/(documents/(facturx|issued|words|xmp)\\.ts$|reckoning/)|^contract/" },
    },
    {
      name: "golden-cases-run-what-bills",
      comment: "The cases prove the functions that bill; those must not know the cases.",
      severity: "error",
      from: { path: "^server/src/", pathNot: `^server/src/billing/golden/|^server/src/cli\\.ts$|${TESTS}` },
      to: { path: "^server/src/billing/golden/" },
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
