import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { temporaryFolder } from "./folders.ts";

/** Mounts a disk of 64 kB at `path` or at a new folder. Returns null, and prints why, if mounting is not possible. */
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
