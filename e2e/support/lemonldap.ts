/** LemonLDAP::NG, a provider of SAML (by lasso) and OpenID Connect of another project, with its demonstration accounts. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  TEST_AUTHORITY_FILE,
  TEST_CERTIFICATE,
  TEST_CERTIFICATE_KEY,
} from "../../server/src/platform/outbound/testing/certificates.ts";
import { makeKey, toPem } from "../../server/src/security/saml/testing/keys.ts";
import { debianProgram } from "../../server/src/testing/debian-program.ts";
import { onFreePort } from "../../server/src/testing/free-port.ts";
import { stopProcess } from "./child-process.ts";

/** Null where it isn't installed. */
export const LEMONLDAP = debianProgram("lemonldap", "whether LemonLDAP::NG and whoot understand each other");

/** The domain of its demonstration accounts. Each account's password is its user name. */
export const LEMONLDAP_DOMAIN = "badwolf.org";
export const LEMONLDAP_CLIENT = { id: "whoot", secret: "a-secret_of.the~tests" };
/** Lets a whoot server reach the provider and trust its certificate. */
export const LEMONLDAP_ENVIRONMENT = { WHOOT_OUTBOUND_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: TEST_AUTHORITY_FILE };

/** The provider's settings for whoot, which it reads only at its start. */
export interface LemonLdapClient {
  metadata?: string;
  redirectUrl?: string;
}

export interface LemonLdap {
  /** Ends with a slash. */
  issuer: string;
  metadataUrl: string;
  close(): Promise<void>;
}

function storage(folder: string, name: string) {
  return { Directory: join(folder, name), LockDirectory: join(folder, name, "lock") };
}

function samlSettings({ metadata }: LemonLdapClient) {
  const key = makeKey();
  return {
    issuerDBSAMLActivation: 1,
    samlServicePrivateKeySig: toPem(key.privateKey),
    samlServicePublicKeySig: key.certificate,
    samlSPMetaDataXML: metadata === undefined ? {} : { whoot: { samlSPMetaDataXML: metadata } },
    samlSPMetaDataOptions: {
      whoot: {
        samlSPMetaDataOptionsNameIDFormat: "persistent",
        // Without it the NameID is empty.
        samlSPMetaDataOptionsNameIDSessionKey: "uid",
        samlSPMetaDataOptionsCheckSSOMessageSignature: 1,
        samlSPMetaDataOptionsSignSSOMessage: 1,
        samlSPMetaDataOptionsEncryptionMode: "assertion",
      },
    },
    // Whether it is required, and its name.
    samlSPMetaDataExportedAttributes: { whoot: { mail: "1;mail", cn: "0;cn", groups: "0;groups" } },
  };
}

function openIdSettings(issuer: string, { redirectUrl }: LemonLdapClient) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  return {
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceMetaDataIssuer: issuer,
    oidcServicePrivateKeySig: privateKey.export({ type: "pkcs8", format: "pem" }),
    oidcServicePublicKeySig: publicKey.export({ type: "spki", format: "pem" }),
    oidcServiceKeyIdSig: "key",
    oidcServiceIgnoreScopeForClaims: 1,
    oidcRPMetaDataOptions: {
      whoot: {
        oidcRPMetaDataOptionsClientID: LEMONLDAP_CLIENT.id,
        oidcRPMetaDataOptionsClientSecret: LEMONLDAP_CLIENT.secret,
        oidcRPMetaDataOptionsRedirectUris: redirectUrl ?? "",
        oidcRPMetaDataOptionsIDTokenSignAlg: "RS256",
        oidcRPMetaDataOptionsUserIDAttr: "uid",
        oidcRPMetaDataOptionsRequirePKCE: 1,
        oidcRPMetaDataOptionsBypassConsent: 1,
      },
    },
    oidcRPMetaDataExportedVars: { whoot: { email: "mail", name: "cn", groups: "groups" } },
  };
}

function configure(folder: string, portal: string, client: LemonLdapClient): void {
  for (const name of ["conf", "cache", "sessions/lock", "psessions/lock"]) mkdirSync(join(folder, name), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("server.key", TEST_CERTIFICATE_KEY);
  write("server.pem", TEST_CERTIFICATE);
  write(
    "lemonldap-ng.ini",
    `[all]\nlogLevel = warn\n[configuration]\ntype = File\ndirName = ${folder}/conf
[portal]\nstaticPrefix = /static\ntemplateDir = /usr/share/lemonldap-ng/portal/templates\nlanguages = en\n`,
  );
  const cache = { cache_root: join(folder, "cache"), cache_depth: 3, default_expires_in: 600, namespace: "sessions" };
  const settings = {
    cfgNum: 1,
    cfgDate: 1,
    key: "a key of the tests",
    portal,
    domain: "127.0.0.1",
    securedCookie: 1,
    authentication: "Demo",
    userDB: "Same",
    demoExportedVars: { uid: "uid", cn: "cn", mail: "mail" },
    exportedVars: {},
    macros: {},
    groups: {},
    locationRules: {},
    exportedHeaders: {},
    whatToTrace: "uid",
    passwordDB: "Null",
    registerDB: "Null",
    captcha: "::Captcha::None",
    portalDisplayResetPassword: 0,
    globalStorage: "Apache::Session::File",
    globalStorageOptions: storage(folder, "sessions"),
    persistentStorage: "Apache::Session::File",
    persistentStorageOptions: storage(folder, "psessions"),
    localSessionStorage: "Cache::FileCache",
    localSessionStorageOptions: cache,
    ...samlSettings(client),
    ...openIdSettings(portal, client),
  };
  write("conf/lmConf-1.json", JSON.stringify(settings));
  // LemonLDAP::NG always loads a captcha, and its own one needs ImageMagick.
  write(
    "app.psgi",
    `use Plack::Builder;
BEGIN {
  package Lemonldap::NG::Portal::Captcha::None;
  use Mouse;
  extends 'Lemonldap::NG::Common::Module';
  sub init { 1 }
  $INC{'Lemonldap/NG/Portal/Captcha/None.pm'} = __FILE__;
}
use Lemonldap::NG::Portal::Main;
my $storage = { type => 'File', dirName => '${folder}/conf', confFile => '${folder}/lemonldap-ng.ini', localStorage => undef };
my $app = Lemonldap::NG::Portal::Main->run({ configStorage => $storage });
builder {
  enable 'Static', path => qr{^/static/}, root => '/usr/share/lemonldap-ng/portal/htdocs/';
  enable 'Static', path => qr{^/javascript/}, root => '/usr/share/';
  $app
};
`,
  );
}

function listening(child: ChildProcess, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      log += String(bytes);
      if (log.includes("Accepting connections")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`LemonLDAP::NG ended with ${code}; perhaps port ${port} is in use\n${log}`)));
    child.once("error", reject);
  });
}

export async function startLemonLdap(client: LemonLdapClient): Promise<LemonLdap> {
  const folder = mkdtempSync(join(tmpdir(), "whoot-lemonldap-"));
  let issuer = "";
  const child = await onFreePort(async (port) => {
    issuer = `https://127.0.0.1:${port}/`;
    configure(folder, issuer, client);
    const tls = ["--enable-ssl", "--ssl-key-file", join(folder, "server.key"), "--ssl-cert-file", join(folder, "server.pem")];
    const options = ["-s", "HTTP::Server::PSGI", "--host", "127.0.0.1", "--port", String(port), ...tls];
    const started = spawn("plackup", [...options, join(folder, "app.psgi")], { stdio: ["ignore", "ignore", "pipe"] });
    await listening(started, port);
    return started;
  });
  return {
    issuer,
    metadataUrl: `${issuer}saml/metadata`,
    async close() {
      await stopProcess(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
