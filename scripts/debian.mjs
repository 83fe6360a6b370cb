/** Finds the Debian programs that tests use, or installs them if that takes no password. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ROOT } from "./prepare.mjs";

/** Packages that are unpacked, not installed. */
const UNPACKED = join(ROOT, "node_modules", ".cache", "debian");

/** The command prefix to run as root without a prompt: [] as root, null when that is impossible. */
export function asRoot() {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : null;
}

function isDebian() {
  return existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
}

/**
 * Independent programs that check whoot's output or are its counterparts in a protocol. Most have the name of their package. Of the others,
 * a file shows that they are installed.
 */
export const COUNTERPARTS = {
  nsd: {},
  oathtool: {},
  openssl: {},
  xmlsec1: {},
  pysaml2: { file: "/usr/lib/python3/dist-packages/saml2/__init__.py", packages: ["python3-pysaml2"] },
  lasso: { file: "/usr/lib/python3/dist-packages/lasso.py", packages: ["python3-lasso"] },
  simplesamlphp: {
    file: "/usr/share/simplesamlphp/www/module.php",
    // The package depends on a web server. micro-httpd starts nothing; PHP's own server serves the program in tests.
    packages: ["simplesamlphp", "php-cli", "php-xml", "micro-httpd"],
  },
  glewlwyd: {
    file: join(UNPACKED, "usr", "bin", "glewlwyd"),
    packages: ["glewlwyd-common"],
    // Unpacked only: the installed service would start at once, for the whole network and with a well-known password.
    unpack: "glewlwyd",
    needs: (dependency) => dependency.startsWith("lib"),
  },
  lemonldap: {
    file: "/usr/share/lemonldap-ng/portal/htdocs/index.psgi",
    packages: [
      "liblemonldap-ng-portal-perl",
      "liblasso-perl",
      "libplack-perl",
      "libio-socket-ssl-perl",
      "libio-string-perl",
      "libxml-simple-perl",
      "libstring-random-perl",
      "libcrypt-openssl-rsa-perl",
      "libcrypt-openssl-bignum-perl",
    ],
    // Not installed automatically, because it takes eighty packages and starts a service.
    optional: true,
  },
};

/** @returns {string | null} the program or the file that shows that it is there */
export function findCounterpart(name) {
  const { file } = COUNTERPARTS[name];
  return file === undefined ? findProgram(name) : existsSync(file) ? file : null;
}

const packagesOf = (name) => COUNTERPARTS[name].packages ?? [name];

/** Whether tests may be skipped in CI without it. */
export const isOptional = (name) => COUNTERPARTS[name].optional ?? false;

/** A sentence that says how to install a missing program. */
export function howToGet(name) {
  return COUNTERPARTS[name].unpack
    ? "npm test unpacks Debian's package"
    : `Debian: apt-get install ${packagesOf(name).join(" ")}`;
}

/** Installs the counterparts that are missing, each for itself: a release of Debian may lack one. */
export function installCounterparts() {
  for (const [name, { unpack, needs, optional }] of Object.entries(COUNTERPARTS)) {
    if (optional || findCounterpart(name)) continue;
    installDebianPackages(...packagesOf(name));
    if (unpack) unpackDebianPackage(unpack, needs);
  }
}

let isUpdated = false;

/** Runs apt-get as root. */
function apt(root, ...args) {
  const quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"];
  const [program, ...rest] = [...root, "env", "DEBIAN_FRONTEND=noninteractive", ...quiet, ...args];
  spawnSync(program, rest, { stdio: ["ignore", "inherit", "inherit"] });
}

/** Installs Debian packages, on Debian and if no password is needed. */
export function installDebianPackages(...names) {
  const root = asRoot();
  if (!root || !isDebian()) return;
  console.log(`Installing Debian's ${names.join(", ")} for the tests (once)…`);
  if (!isUpdated) apt(root, "update");
  isUpdated = true;
  apt(root, "install", "-y", "--no-install-recommends", ...names);
}

/** Unpacks a package, and installs what it needs to run. */
function unpackDebianPackage(name, needs) {
  const root = asRoot();
  if (!root || !isDebian()) return;
  const folder = mkdtempSync(join(tmpdir(), "whoot-debian-"));
  const run = (program, ...args) =>
    spawnSync(program, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  run("apt-get", "download", name);
  const [archive] = readdirSync(folder);
  if (archive) {
    const dependencies = run("dpkg-deb", "--field", archive, "Depends").stdout.trim().split(/, */);
    apt(root, "satisfy", "-y", "--no-install-recommends", dependencies.filter(needs).join(", "));
    mkdirSync(UNPACKED, { recursive: true });
    run("dpkg-deb", "--extract", archive, UNPACKED);
  }
  rmSync(folder, { recursive: true });
}

/** @returns {string | null} the path of a program, also of one in a folder for administrators that PATH leaves out */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}
