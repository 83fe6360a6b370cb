import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder that other users may enter, because PostgreSQL runs as another user when the tests run as root. */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o755);
  return folder;
}

/** Every file below a folder, by its relative path. `skip` names folders at the top level. */
export function filesBelow(folder: string, skip: readonly string[] = []): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  if (!existsSync(folder)) return files;
  const tops = readdirSync(folder, { withFileTypes: true }).filter((entry) => !skip.includes(entry.name));
  for (const top of tops) {
    const path = join(folder, top.name);
    if (top.isDirectory()) for (const [name, content] of filesBelow(path)) files.set(join(top.name, name), content);
    else if (top.isFile()) files.set(top.name, readFileSync(path));
  }
  return files;
}
