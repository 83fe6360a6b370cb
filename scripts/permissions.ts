/** Writes docs/permissions.md from the contract. With --check, fails when the committed file differs. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { boundOf, type BuiltInRole, builtInPermissions, isAvailable, PERMISSIONS } from "#contract/permissions.ts";

const FILE = new URL("../docs/permissions.md", import.meta.url);
const ROLES: BuiltInRole[] = ["admin", "member", "viewer"];

const held = new Map(ROLES.map((role) => [role, builtInPermissions(role)]));
const categories = [...new Set(PERMISSIONS.map(({ category }) => category))];
const count = (role: BuiltInRole) => held.get(role)?.size ?? 0;

const sections = categories.map((category) => {
  const rows = PERMISSIONS.filter((entry) => entry.category === category).map(({ name, allows }) => {
    const bound = boundOf(name);
    const marks = ROLES.map((role) => (held.get(role)?.has(name) ? "yes" : ""));
    const notYet = isAvailable(name) ? "" : " (not available yet)";
    return `| \`${name}\` | ${allows}${bound === null ? "" : `. ${bound}`}${notYet} | ${marks.join(" | ")} |`;
  });
  return [`## ${category}`, "| permission | lets a member | Admin | Member | Viewer |", "|---|---|---|---|---|", ...rows].join(
    "\n",
  );
});

const generated = `# Who may do what

Written from \`contract/permissions.ts\` by \`npm run generate\`; do not edit. ${PERMISSIONS.length} permissions in ${categories.length} categories:
Admin holds ${count("admin")}, Member ${count("member")}, Viewer ${count("viewer")}. Custom roles pick from the same list. Nobody can give a permission that they do
not hold. Deleting the workspace and transferring it are not permissions: only the owner can do them.

No operation checks a permission that is not available yet. The built-in roles hold these permissions already. A custom role keeps those that it
has, and cannot gain one. A person who gives the role Member or Viewer need not hold its unavailable permissions.

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
