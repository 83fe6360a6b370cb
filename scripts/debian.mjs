/** What tests need of Debian's packages: finds it, or installs the packages where that takes no password. */
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

/**
 * Independent judges and counterparts of the tests. Most are a program, whose name is its package's, too; of the others, a file shows that they
 * are there.
 */
export const COUNTERPARTS = {
  nsd: {},
  oathtool: {},
  openssl: {},
  xmlsec1: {},
  simplesamlphp: {
    file: "/usr/share/simplesamlphp/www/module.php",
    // It wants some web server, of which this one starts nothing; PHP's own serves it in tests.
    packages: ["simplesamlphp", "php-cli", "php-xml", "micro-httpd"],
  },
};

/** @returns {string | null} the program or the file that shows that it is there */
export function findCounterpart(name) {
  const { file } = COUNTERPARTS[name];
  return file === undefined ? findProgram(name) : existsSync(file) ? file : null;
}

export const packagesOf = (name) => COUNTERPARTS[name].packages ?? [name];

/** Installs the counterparts that are missing, each for itself: a release of Debian may lack one. */
export function installCounterparts() {
  for (const name of Object.keys(COUNTERPARTS)) if (!findCounterpart(name)) installDebianPackages(...packagesOf(name));
}

let isUpdated = false;

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
  if (!isUpdated) apt("update");
  isUpdated = true;
  apt("install", "-y", "--no-install-recommends", ...names);
}

/** @returns {string | null} the path of a program, also of one in a folder for administrators that PATH leaves out */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}
