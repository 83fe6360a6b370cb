/** SimpleSAMLphp on PHP's own server: a SAML identity provider of another project, on another site. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKey, toPem } from "../../server/src/security/saml/testing/keys.ts";
import { debianProgram } from "../../server/src/testing/debian-program.ts";
import { onFreePort } from "../../server/src/testing/free-port.ts";
import { stopProcess } from "./child-process.ts";

/** Null where it isn't installed. */
export const SIMPLESAMLPHP = debianProgram("simplesamlphp", "whether SimpleSAMLphp and whoot understand each other");

const WWW = "/usr/share/simplesamlphp/www";

/** Attributes by their short names, as a directory has them. `uid` is also the user name. */
export interface DirectoryPerson {
  uid: string;
  password: string;
  mail: string;
  givenName: string;
  sn: string;
  groups: string[];
}

export interface SimpleSamlPhp {
  /** Without a slash at the end. */
  url: string;
  metadata(): Promise<string>;
  /** Imports a service provider's metadata unchanged. */
  register(metadata: string): void;
  /** The program's log. */
  log(): string;
  close(): Promise<void>;
}

/** A PHP file that sets one variable. */
const php = (variable: string, value: object) =>
  `<?php $${variable} = json_decode(base64_decode('${Buffer.from(JSON.stringify(value)).toString("base64")}'), true);\n`;

function configure(folder: string, url: string, people: readonly DirectoryPerson[]): void {
  for (const name of ["config", "metadata", "sessions", "www"]) mkdirSync(join(folder, name), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const key = makeKey();
  write("idp.key", toPem(key.privateKey));
  write("idp.pem", key.certificate);
  const config = {
    baseurlpath: `${url}/`,
    certdir: folder,
    datadir: folder,
    loggingdir: folder,
    tempdir: folder,
    metadatadir: join(folder, "metadata"),
    attributenamemapdir: "/etc/simplesamlphp/attributemap/",
    secretsalt: "salt of the tests",
    "auth.adminpassword": "not used by the tests",
    technicalcontact_email: "nobody@example.org",
    "enable.saml20-idp": true,
    "module.enable": { core: true, exampleauth: true, saml: true },
    "logging.handler": "errorlog",
    // Without https.
    "session.cookie.secure": false,
    "session.cookie.samesite": "Lax",
    "language.cookie.secure": false,
    "language.cookie.samesite": "Lax",
    "session.phpsession.savepath": join(folder, "sessions"),
    "metadata.sources": [{ type: "flatfile" }, { type: "xml", file: join(folder, "whoot.xml") }],
  };
  const users = people.map(({ uid, password, mail, givenName, sn, groups }) => [
    `${uid}:${password}`,
    { uid: [uid], mail: [mail], givenName: [givenName], sn: [sn], groups },
  ]);
  const hosted = {
    host: "__DEFAULT__",
    privatekey: "idp.key",
    certificate: "idp.pem",
    auth: "people",
    "validate.authnrequest": true,
    "assertion.encryption": true,
    "attributes.NameFormat": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
    authproc: { 100: { class: "core:AttributeMap", 0: "name2oid" } },
  };
  write("config/config.php", php("config", config));
  write("config/authsources.php", php("config", { people: { 0: "exampleauth:UserPass", ...Object.fromEntries(users) } }));
  write("metadata/saml20-idp-hosted.php", php("metadata", { [`${url}/idp`]: hosted }));
}

function listening(child: ChildProcess, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (bytes: Buffer) => String(bytes).includes(") started") && resolve());
    child.once("exit", (code) => reject(new Error(`PHP ended with ${code}: port ${port} of 127.0.0.1 is in use, or the like`)));
    child.once("error", reject);
  });
}

export async function startSimpleSamlPhp(people: readonly DirectoryPerson[]): Promise<SimpleSamlPhp> {
  const folder = mkdtempSync(join(tmpdir(), "whoot-simplesamlphp-"));
  let url = "";
  let log = "";
  const child = await onFreePort(async (port) => {
    url = `http://127.0.0.1:${port}/simplesaml`;
    configure(folder, url, people);
    const started = spawn("php", ["-S", `127.0.0.1:${port}`, "-t", join(folder, "www")], {
      env: { ...process.env, SIMPLESAMLPHP_CONFIG_DIR: join(folder, "config") },
      stdio: ["ignore", "ignore", "pipe"],
    });
    started.stderr.on("data", (bytes: Buffer) => (log += String(bytes)));
    await listening(started, port);
    return started;
  });
  symlinkSync(WWW, join(folder, "www", "simplesaml"));
  return {
    url,
    async metadata() {
      const answer = await fetch(`${url}/saml2/idp/metadata.php`);
      if (!answer.ok) throw new Error(`SimpleSAMLphp shows no metadata: ${answer.status}\n${log}`);
      return answer.text();
    },
    register: (metadata) => writeFileSync(join(folder, "whoot.xml"), metadata),
    log: () => log,
    async close() {
      await stopProcess(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
