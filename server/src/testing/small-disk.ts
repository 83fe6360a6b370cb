import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { temporaryFolder } from "./folders.ts";

/** A disk of 64 kB, or null where one cannot be mounted. */
export function mountSmallDisk(): string | null {
  const path = temporaryFolder("whoot-test-small-disk-");
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path], { stdio: "pipe" });
    return path;
  } catch (error) {
    rmSync(path, { recursive: true });
    if (process.env.CI) throw error;
    return null;
  }
}
