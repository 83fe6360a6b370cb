/** Writes docs/permissions.md, who may do what, from the contract; with --check fails when the committed one differs. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { boundOf, type BuiltInRole, builtInPermissions, PERMISSIONS } from "#contract/permissions.ts";

const FILE = new URL("../docs/permissions.md", import.meta.url);
const ROLES: BuiltInRole[] = ["admin", "member", "viewer"];

const held = new Map(ROLES.map((role) => [role, builtInPermissions(role)]));
const categories = [...new Set(PERMISSIONS.map(({ category }) => category))];
const count = (role: BuiltInRole) => held.get(role)?.size ?? 0;

const sections = categories.map((category) => {
  const rows = PERMISSIONS.filter((entry) => entry.category === category).map(({ name, allows }) => {
    const bound = boundOf(name);
    const marks = ROLES.map((role) => (held.get(role)?.has(name) ? "yes" : ""));
    return `| \`${name}\` | ${allows}${bound === null ? "" : `. ${bound}`} | ${marks.join(" | ")} |`;
  });
  return [`## ${category}`, "| permission | lets a member | Admin | Member | Viewer |", "|---|---|---|---|---|", ...rows].join(
    "\n",
  );
});

const generated = `# Who may do what

Written from \`contract/permissions.ts\` by \`npm run generate\`; do not edit. ${PERMISSIONS.length} permissions in ${categories.length} categories:
Admin holds ${count("admin")}, Member ${count("member")}, Viewer ${count("viewer")}. Custom roles pick from the same list. Nobody can give a permission that they do
not hold. Deleting the workspace and transferring it are no permissions: they are the owner's alone.

A permission whose feature does not exist yet is held and asked by nobody.

${sections.join("\n\n")}
`;

if (process.argv.includes("--check")) {
  if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== generated) {
    console.error("docs/permissions.md differs from the contract. Run `npm run generate` and commit the result.");
    process.exit(1);
  }
} else {
  writeFileSync(FILE, generated);
}
