/** Programs of Debian packages that tests need: finds them, or installs their packages where that takes no password. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The command prefix to run as root without a prompt: [] as root, null when that is impossible. */
export function asRoot() {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : null;
}

function isDebian() {
  return existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
}

/** Installs Debian packages, on Debian and if no password is needed. */
export function installDebianPackages(...names) {
  const root = asRoot();
  if (!root || !isDebian()) return;
  console.log(`Installing Debian's ${names.join(", ")} for the tests (once)…`);
  const apt = (...args) => {
    const [program, ...rest] = [
      ...root,
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-qq",
      "-o",
      "Dpkg::Use-Pty=0",
      ...args,
    ];
    spawnSync(program, rest, { stdio: ["ignore", "inherit", "inherit"] });
  };
  apt("update");
  apt("install", "-y", "--no-install-recommends", ...names);
}

/** @returns {string | null} the path of a program, also of one in a folder for administrators that PATH leaves out */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}
