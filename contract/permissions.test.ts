import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isAvailable, PERMISSION_NAMES, PERMISSIONS } from "./permissions.ts";

/** The code that checks permissions: the server's and the contract's operations. Access reviews only list permissions, to sort by them. */
function sources(): string {
  const files = ["../server/src/", "./http/"].flatMap((folder) => {
    const url = new URL(folder, import.meta.url);
    return readdirSync(url, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)testing\//.test(file))
      .filter((file) => folder !== "./http/" || file !== "access-reviews.ts")
      .map((file) => new URL(file, url));
  });
  return files.map((file) => readFileSync(file, "utf8")).join("\n");
}

test("a permission is available exactly when the server's code checks it", () => {
  const code = sources();
  const checked = PERMISSION_NAMES.filter((name) => code.includes(`"${name}"`));
  expect(PERMISSION_NAMES.filter(isAvailable)).toEqual(checked);
});

test("Member and Viewer each hold an available permission and one that is not available yet", () => {
  const heldBy = (role: "member" | "viewer") => PERMISSIONS.filter(({ roles }) => (roles as readonly string[]).includes(role));
  for (const role of ["member", "viewer"] as const) {
    expect(heldBy(role).some(({ name }) => isAvailable(name))).toBe(true);
    expect(heldBy(role).some(({ name }) => !isAvailable(name))).toBe(true);
  }
});
