import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { temporaryFolder } from "./folders.ts";

/** A disk of 64 kB, at `path` or somewhere; where none can be mounted null, and a line that says so. */
export function mountSmallDisk(path = temporaryFolder("whoot-test-small-disk-")): string | null {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path], { stdio: "pipe" });
    return path;
  } catch (error) {
    rmSync(path, { recursive: true });
    if (process.env.CI) throw error;
    console.warn("NOT TESTED: a disk that is full. Mounting a tmpfs needs root; in CI this fails.");
    return null;
  }
}
