/** `npm run bench [-- --json FILE] [NAME…]`: runs all benches, or those named, and prints each figure with its aim and reference. */
import { writeFileSync } from "node:fs";
import { arch, cpus, loadavg, release, totalmem, type } from "node:os";
import { measureAuditLog } from "./audit-log.ts";
import { measureBilling } from "./billing.ts";
import { measureExportAndDeletion } from "./deletion.ts";
import type { Figure } from "./figure.ts";
import { measureForwarding } from "./forwarding.ts";
import { measureHostile } from "./hostile.ts";
import { measureIdentity } from "./identity.ts";
import { measureListChannels } from "./list-channels.ts";
import { measureMembersList } from "./members-list.ts";
import { measureMouthToEar } from "./mouth-to-ear.ts";
import { measurePressToGrant } from "./press-to-grant.ts";
import { measureRoleChange } from "./role-change.ts";
import { measureTenants } from "./tenants.ts";
import { measureWorkspaces } from "./workspaces.ts";

// Run one after the other, because each needs the whole machine.
const BENCHES: Record<string, () => Promise<Figure[]>> = {
  "press-to-grant": measurePressToGrant,
  "role-change": measureRoleChange,
  workspaces: measureWorkspaces,
  "mouth-to-ear": measureMouthToEar,
  forwarding: measureForwarding,
  "list-channels": measureListChannels,
  "members-list": measureMembersList,
  "audit-log": measureAuditLog,
  deletion: measureExportAndDeletion,
  tenants: measureTenants,
  identity: measureIdentity,
  billing: measureBilling,
  hostile: () => measureHostile(),
};

const args = process.argv.slice(2);
const at = args.indexOf("--json");
const file = at < 0 ? null : args[at + 1];
const names = at < 0 ? args : args.toSpliced(at, 2);
const unknown = names.filter((name) => !(name in BENCHES));
if (file === undefined || unknown.length > 0) {
  console.error(`Usage: npm run bench -- [--json FILE] [${Object.keys(BENCHES).join(" | ")}]…`);
  process.exit(2);
}

const [cpu] = cpus();
console.log(
  [
    `CPU     ${cpu?.model.trim() || "unknown"}, ${cpus().length} cores`,
    `Memory  ${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `OS      ${type()} ${release()} ${arch()}`,
    `Node    ${process.version}`,
    `Load    ${loadavg()[0]?.toFixed(1)} (other programs that run here distort the figures)`,
  ].join("\n"),
);

const figures: Figure[] = [];
for (const [name, measure] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`\n${name} …`);
  const measured = await measure();
  figures.push(...measured);
  const width = Math.max(...measured.map((figure) => figure.name.length));
  for (const { name: what, value, unit, better, aim, reference } of measured) {
    const limit = aim === null ? "" : `aim ${better === "lower" ? "≤" : "≥"} ${aim.toLocaleString("en")} ${unit}`;
    console.log(
      `  ${what.padEnd(width)} ${value.toLocaleString("en").padStart(10)} ${unit.padEnd(9)} ${[limit, reference].filter(Boolean).join("; ")}`,
    );
  }
}
if (file) writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
process.exit(0); // a browser or a native thread may linger
