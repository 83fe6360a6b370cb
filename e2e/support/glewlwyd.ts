/** Glewlwyd, an OpenID Connect provider of another project, in C, with a database of its own and on another site. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  TEST_AUTHORITY,
  TEST_AUTHORITY_FILE,
  TEST_CERTIFICATE,
  TEST_CERTIFICATE_KEY,
} from "../../server/src/platform/outbound/testing/certificates.ts";
import { debianProgram } from "../../server/src/testing/debian-program.ts";
import { onFreePort } from "../../server/src/testing/free-port.ts";
import { stopProcess } from "./child-process.ts";

/** Null where it isn't unpacked. */
export const GLEWLWYD = debianProgram("glewlwyd", "whether Glewlwyd and whoot understand each other");

const WEBAPP = "/usr/share/glewlwyd/webapp";
const TEMPLATE = "/usr/share/glewlwyd/templates/config.json";

export const GLEWLWYD_CLIENT = { id: "whoot", secret: "a-secret_of.the~tests" };

export interface GlewlwydPerson {
  username: string;
  password: string;
  name: string;
  email: string;
}

export interface Glewlwyd {
  issuer: string;
  /** Lets a whoot server reach the provider and trust its certificate. */
  environment: NodeJS.ProcessEnv;
  /** Registers whoot there. */
  register(redirectUrl: string): Promise<void>;
  close(): Promise<void>;
}

function configure(folder: string, port: number): void {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const modules = join(dirname(dirname(GLEWLWYD!)), "lib", "glewlwyd");
  const types = { html: "text/html", css: "text/css", js: "application/javascript", json: "application/json" };
  write("server.key", TEST_CERTIFICATE_KEY);
  write("server.pem", TEST_CERTIFICATE);
  cpSync(WEBAPP, join(folder, "webapp"), { recursive: true, dereference: true, filter: (from) => !from.endsWith("config.json") });
  cpSync(TEMPLATE, join(folder, "webapp", "config.json"));
  const settings = {
    port,
    bind_address: "127.0.0.1",
    external_url: `https://127.0.0.1:${port}/`,
    login_url: "login.html",
    api_prefix: "api",
    static_files_path: join(folder, "webapp/"),
    log_mode: "console",
    // INFO says when it listens.
    log_level: "INFO",
    cookie_secure: 1,
    admin_scope: "g_admin",
    profile_scope: "g_profile",
    user_module_path: join(modules, "user"),
    client_module_path: join(modules, "client"),
    user_auth_scheme_module_path: join(modules, "scheme"),
    plugin_module_path: join(modules, "plugin"),
    use_secure_connection: true,
    secure_connection_key_file: join(folder, "server.key"),
    secure_connection_pem_file: join(folder, "server.pem"),
    secure_connection_ca_file: TEST_AUTHORITY_FILE,
    hash_algorithm: "SHA512",
  };
  write(
    "glewlwyd.conf",
    `${Object.entries(settings)
      .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
      .join("\n")}
database = { type = "sqlite3"; path = "${join(folder, "glewlwyd.db")}"; };
static_files_mime_types = (${Object.entries(types)
      .map(([ending, type]) => `{extension = ".${ending}" mime_type = "${type}"}`)
      .join(", ")});\n`,
  );
  const database = new DatabaseSync(join(folder, "glewlwyd.db"));
  const schema = join(dirname(dirname(GLEWLWYD!)), "share/dbconfig-common/data/glewlwyd/install/sqlite3");
  database.exec(readFileSync(schema, "utf8"));
  database.close();
}

/** Signs in to its administration as the admin that the schema contains. */
async function administer(url: string): Promise<(path: string, body: object) => Promise<void>> {
  let cookie = "";
  function post(path: string, body: object): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", cookie };
      const outgoing = request(`${url}${path}`, { method: "POST", headers, ca: TEST_AUTHORITY }, (answer) => {
        let text = "";
        answer.on("data", (bytes: Buffer) => (text += String(bytes)));
        answer.on("end", () => {
          cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? cookie;
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`Glewlwyd answers ${path} with ${answer.statusCode}: ${text}`));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(JSON.stringify(body));
    });
  }
  await post("/auth/", { username: "admin", password: "password" });
  return post;
}

/** The parameters of its OpenID Connect plugin: authorization codes with PKCE, and claims in ID tokens and userinfo. */
function openIdPlugin(issuer: string) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  return {
    iss: issuer,
    "jwt-type": "rsa",
    "jwt-key-size": "256",
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: publicKey.export({ type: "spki", format: "pem" }),
    "access-token-duration": 3_600,
    "refresh-token-duration": 3_600,
    "code-duration": 600,
    "refresh-token-rolling": true,
    "auth-type-code-enabled": true,
    "pkce-allowed": true,
    "pkce-required": true,
    "subject-type": "public",
    "jwks-show": true,
    "scopes-supported": ["openid"],
    "name-claim": "mandatory",
    "email-claim": "mandatory",
  };
}

function listening(child: ChildProcess, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (bytes: Buffer) => String(bytes).includes("Glewlwyd started") && resolve());
    child.once("exit", (code) => reject(new Error(`Glewlwyd ended with ${code}: port ${port} is in use, or the like`)));
    child.once("error", reject);
  });
}

export async function startGlewlwyd(people: readonly GlewlwydPerson[]): Promise<Glewlwyd> {
  const folder = mkdtempSync(join(tmpdir(), "whoot-glewlwyd-"));
  let url = "";
  const child = await onFreePort(async (port) => {
    url = `https://127.0.0.1:${port}/api`;
    configure(folder, port);
    const started = spawn(GLEWLWYD!, ["--config-file", join(folder, "glewlwyd.conf")], { stdio: ["ignore", "pipe", "ignore"] });
    await listening(started, port);
    return started;
  });
  const issuer = `${url}/oidc`;
  const post = await administer(url);
  await post("/mod/plugin/", { module: "oidc", name: "oidc", display_name: "OpenID Connect", parameters: openIdPlugin(issuer) });
  const scopes = ["openid", "email", "profile"];
  for (const name of scopes.slice(1)) await post("/scope/", { name, display_name: name, password_required: false, scheme: {} });
  for (const person of people) await post("/user/", { ...person, enabled: true, scope: ["g_profile", ...scopes] });
  return {
    issuer,
    environment: { WHOOT_OUTBOUND_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: TEST_AUTHORITY_FILE },
    register: (redirectUrl) =>
      post("/client/", {
        client_id: GLEWLWYD_CLIENT.id,
        client_secret: GLEWLWYD_CLIENT.secret,
        name: "whoot",
        enabled: true,
        confidential: true,
        redirect_uri: [redirectUrl],
        authorization_type: ["code"],
        scope: [],
        token_endpoint_auth_method: ["client_secret_basic"],
      }),
    async close() {
      await stopProcess(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
