import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig, resolveNames } from "./config.ts";
import { StartupError } from "./platform/startup-error.ts";
import { temporaryFolder } from "./testing/folders.ts";

const folder = temporaryFolder("whoot-test-config-");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const fresh = () => resolve(folder, String(++count));
const load = (environment: Record<string, string>) => loadConfig({ WHOOT_DATA: fresh(), ...environment });

function refusal(environment: Record<string, string>): string {
  try {
    load(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    return (error as StartupError).message;
  }
  throw new Error("it was accepted");
}

test("without settings the server is for this machine only, and everything is in the data folder", () => {
  const dataFolder = fresh();
  expect(load({ WHOOT_DATA: dataFolder })).toMatchObject({
    port: 3000,
    host: "127.0.0.1",
    dataFolder,
    url: null,
    loopbackOnly: true,
    secureCookies: false,
    databaseUrl: null,
  });
});

describe("an unusable setting is named:", () => {
  test.each([
    ["PORT", "http"],
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "3000.5"],
    ["WHOOT_MEDIA_PORT", "x"],
    ["WHOOT_URL", "example.com"],
    ["WHOOT_URL", "ftp://example.com"],
    ["WHOOT_LOG", "loud"],
    ["WHOOT_MASTER_KEY", "short"],
    ["WHOOT_MASTER_KEY", `${"a".repeat(63)}g`],
    ["DATABASE_URL", "mysql://localhost/x"],
    ["DATABASE_URL", "localhost:5432"],
    ["SMTP_URL", "mail.example.com"],
    ["SMTP_URL", "smtp://"],
    ["PORT", "3000abc"],
    ["PORT", "0x10"],
    ["PORT", "1e3"],
    ["PORT", "+80"],
    ["WHOOT_TRUST_PROXY", "true"],
    ["WHOOT_TRUST_PROXY", "1"],
    ["WHOOT_TRUST_PROXY", "nginx"],
    ["WHOOT_TRUST_PROXY", "*"],
    ["WHOOT_TRUST_PROXY", "10.0.0.0/33"],
    ["WHOOT_TRUST_PROXY", "10.0.0.1,"],
    ["WHOOT_TRUST_PROXY", "10.0.0.1 10.0.0.2"],
    ["WHOOT_TRUST_PROXY", "10.0.0.1:80"],
    ["WHOOT_URL", "https://voice.example.com/?a=b#c"],
    ["WHOOT_URL", "https://voice.example.com/whoot"],
    ["WHOOT_URL", "https://voice.example.com/?"],
    ["WHOOT_URL", "https://voice.example.com#top"],
    ["WHOOT_URL", "https://ada:secret@voice.example.com"],
    ["WHOOT_TRUST_PROXY", "0.0.0.0/0"],
    ["WHOOT_TRUST_PROXY", "::/0"],
    ["WHOOT_TRUST_PROXY", "fe80::1%eth0"],
    ["WHOOT_URL", "https://*.example.com"],
    ["WHOOT_URL", "https://${HOST}"],
    ["WHOOT_URL", "https://voice..example.com"],
    ["WHOOT_URL", "https://voice.example.com."],
    ["WHOOT_URL", "https://-voice.example.com"],
    ["WHOOT_URL", "https://voice.\nexample.com"],
    ["WHOOT_URL", "https:voice.example.com"],
    ["WHOOT_URL", "https:\\\\voice.example.com"],
    ["WHOOT_URL", "https://voice.example.com:0"],
    ["WHOOT_URL", "https://0.0.0.0"],
    ["WHOOT_URL", "https://1"],
    ["WHOOT_HOST", "224.0.0.1"],
    ["WHOOT_HOST", "http://127.0.0.1"],
    ["WHOOT_HOST", "127.0.0.1:3000"],
    ["WHOOT_HOST", "[::1]:3000"],
    ["WHOOT_HOST", "*"],
    ["WHOOT_HOST", "127.0.0"],
    ["WHOOT_MEDIA_HOST", "voice.example.com"],
    ["WHOOT_MEDIA_HOST", "eth0"],
    ["WHOOT_MEDIA_HOST", "0.0.0.0:3000"],
    ["WHOOT_MEDIA_ADDRESS", "203.0.113.5:3000"],
    ["WHOOT_MEDIA_ADDRESS", "0.0.0.0"],
    ["WHOOT_MEDIA_ADDRESS", "0.0.0.1"],
    ["WHOOT_MEDIA_ADDRESS", "255.255.255.255"],
    ["WHOOT_MEDIA_ADDRESS", "ff02::1"],
    ["WHOOT_MEDIA_ADDRESS", "https://voice.example.com"],
    ["WHOOT_MEDIA_ADDRESS", "not a name"],
    ["WHOOT_MAIL_FROM", "not an address"],
    ["WHOOT_MAIL_FROM", "whoot <whoot>"],
    ["WHOOT_MAIL_FROM", "whoot <a@example.com"],
    ["WHOOT_MAIL_FROM", "whoot a@example.com"],
    ["WHOOT_MAIL_FROM", "a @example.com"],
    ["WHOOT_MAIL_FROM", "a@exam ple.com"],
    ["WHOOT_MAIL_FROM", "a@example..com"],
    ["WHOOT_MAIL_FROM", "a@-example.com"],
    ["WHOOT_MAIL_FROM", ".a@example.com"],
    ["WHOOT_MAIL_FROM", "a\u200b@example.com"],
    ["WHOOT_DATA", "~/whoot"],
    ["WHOOT_DATA", " "],
    ["WHOOT_DATA", "file:///srv/whoot"],
    ["WHOOT_KEYS", "~/keys"],
    ["WHOOT_BILLING", "https://example.com/billing.json"],
    ["WHOOT_MAIL_FROM", "a@example.com, b@example.com"],
    ["WHOOT_MAIL_FROM", "whoot <a@example.com>\r\nBcc: b@example.com"],
    ["WHOOT_OUTBOUND_ALLOW", "idp.corp.example,"],
    ["WHOOT_OUTBOUND_ALLOW", "https://idp.corp.example"],
    ["WHOOT_OUTBOUND_ALLOW", "idp.corp.example:8443"],
    ["WHOOT_OUTBOUND_ALLOW", "[::1]"],
    ["WHOOT_OUTBOUND_ALLOW", "10.0.0.1:8443"],
    ["WHOOT_OUTBOUND_ALLOW", "*.corp.example"],
    ["WHOOT_OUTBOUND_ALLOW", "idp.corp.example/metadata"],
    ["WHOOT_OUTBOUND_ALLOW", "10.0.0.0/33"],
    ["WHOOT_OUTBOUND_ALLOW", "10.0.0.0/8/8"],
    ["WHOOT_OUTBOUND_ALLOW", "0.0.0.0/0"],
    ["WHOOT_OUTBOUND_ALLOW", "10.0.0"],
    ["WHOOT_OUTBOUND_ALLOW", "fe80::1%eth0"],
    ["WHOOT_OUTBOUND_ALLOW", "idp.corp.example idp2.corp.example"],
    ["WHOOT_DNS_SERVERS", "dns.example.com"],
    ["WHOOT_DNS_SERVERS", "10.0.0.53:0"],
    ["WHOOT_DNS_SERVERS", "10.0.0.53,"],
    ["WHOOT_STRIPE_KEY", "pk_live_0123456789"],
    ["WHOOT_STRIPE_KEY", "sk_0123456789"],
    ["WHOOT_STRIPE_KEY", "sk_live_0123456789 x"],
    ["WHOOT_STRIPE_WEBHOOK_SECRET", "0123456789"],
    ["WHOOT_STRIPE_WEBHOOK_SECRET", "whsec_0123456789,"],
    ["WHOOT_STRIPE_WEBHOOK_SECRET", Array.from({ length: 6 }, () => "whsec_0123456789").join(",")],
    ["DATABASE_URL", "postgres://whoot:secret@db.example.com"],
    ["DATABASE_URL", "postgres://whoot:secret@db.example.com/"],
    ["DATABASE_URL", "postgres:///whoot"],
    ["DATABASE_URL", "postgres://db.example.com/whoot"],
  ])("%s=%s", (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^These settings can't be used:\\n {2}${name}: must be [^\\n]*$`));
    expect(message).not.toContain("secret");
    if (name === "WHOOT_MASTER_KEY") expect(message).not.toContain(value);
  });

  test.each([
    ["idp.corp.example,", "the list has an empty entry"],
    ["https://idp.corp.example", '"https://idp.corp.example" has a scheme: write the host alone'],
    ["10.0.0.1:8443", '"10.0.0.1:8443" has a port or brackets: write the host or the address alone'],
    ["*.corp.example", '"*.corp.example" has a wildcard: list each host, or the network they are in'],
    ["idp.corp.example/metadata", '"idp.corp.example/metadata" has a path, or is a range that does not begin with an IP address'],
    ["10.0.0.0/33", '"10.0.0.0/33" must have a number from 1 to 32 after the slash'],
    ["::/0", '"::/0" is every address there is: list the networks that are meant'],
    ["10.0.0", '"10.0.0" is neither a host name nor an IP address'],
  ])("WHOOT_OUTBOUND_ALLOW=%s says what is wrong with it", (value, sentence) => {
    expect(refusal({ WHOOT_OUTBOUND_ALLOW: value })).toContain(`10.1.2.0/24; ${sentence}`);
  });

  test("a file in DATABASE_URL that can't be read is named, and the password is not", () => {
    const message = refusal({
      DATABASE_URL: "postgres://whoot:secret@db.example.com/whoot?sslmode=verify-full&sslrootcert=/no/ca.pem",
    });
    expect(message).toMatch(/DATABASE_URL: names sslrootcert=\/no\/ca\.pem, which can't be read \(ENOENT\)$/);
    expect(message).not.toContain("secret");
  });

  test("a refused setting leaves no folder behind", () => {
    const dataFolder = fresh();
    refusal({ WHOOT_DATA: dataFolder, WHOOT_TRUST_PROXY: "nginx" });
    expect(existsSync(dataFolder)).toBe(false);
  });

  test("WHOOT_HOST with an address that other machines reach is refused without TLS or without a mail server", () => {
    const https = { WHOOT_URL: "https://voice.example.com" };
    const smtp = { SMTP_URL: "smtp://mail.example.com" };
    for (const settings of [{}, https, smtp, { ...smtp, WHOOT_URL: "http://localhost:3000" }]) {
      expect(refusal({ WHOOT_HOST: "0.0.0.0", ...settings })).toMatch(/WHOOT_HOST=0\.0\.0\.0.*TLS.*SMTP_URL/);
    }
    expect(load({ WHOOT_HOST: "0.0.0.0", ...https, ...smtp })).toMatchObject({ secureCookies: true, loopbackOnly: false });
  });

  test("a Stripe key without the secret that signs events, or the other way round, is refused", () => {
    expect(refusal({ WHOOT_STRIPE_KEY: "sk_test_0123456789" })).toMatch(/WHOOT_STRIPE_KEY needs WHOOT_STRIPE_WEBHOOK_SECRET/);
    expect(refusal({ WHOOT_STRIPE_WEBHOOK_SECRET: "whsec_0123456789" })).toMatch(/no use without WHOOT_STRIPE_KEY/);
  });

  test("WHOOT_URL without TLS is refused for another name than this machine's", () => {
    expect(refusal({ WHOOT_URL: "http://voice.example.com" })).toMatch(/WHOOT_URL must be https/);
  });
});

test("hosts, addresses and networks that whoot may contact, and the DNS servers, are read from the settings", () => {
  expect(load({}).outbound).toEqual({ allow: { hosts: new Set(), networks: [] }, dnsServers: null, dnsPort: 53 });
  const { outbound } = load({
    WHOOT_OUTBOUND_ALLOW: " IdP.Corp.Example. , 10.1.2.3/16,fd00::/8, 192.168.1.7",
    WHOOT_DNS_SERVERS: "10.0.0.53, 127.0.0.1:5353, 2001:db8::53, [2001:db8::53]:5353",
  });
  expect(outbound).toEqual({
    allow: {
      hosts: new Set(["idp.corp.example"]),
      networks: [
        ["10.1.0.0", 16],
        ["fd00::", 8],
        ["192.168.1.7", 32],
      ],
    },
    dnsServers: ["10.0.0.53", "127.0.0.1:5353", "2001:db8::53", "[2001:db8::53]:5353"],
    dnsPort: 53,
  });
});

test("Stripe's keys are read from the settings, and several may sign events", () => {
  expect(load({}).stripe).toBeNull();
  const both = { WHOOT_STRIPE_KEY: " rk_live_0123456789", WHOOT_STRIPE_WEBHOOK_SECRET: "whsec_0123456789, whsec_abcdefghij " };
  expect(load(both).stripe).toEqual({
    key: "rk_live_0123456789",
    webhookSecrets: ["whsec_0123456789", "whsec_abcdefghij"],
    standIn: null,
  });
});

test("a setting may have surrounding spaces, brackets or capital letters", async () => {
  const https = { WHOOT_URL: "https://Voice.Example.com:8443/", SMTP_URL: "smtp://mail.example.com" };
  expect(load({ PORT: " 3000 ", WHOOT_HOST: "[::1]" })).toMatchObject({
    port: 3000,
    host: "::1",
    loopbackOnly: true,
  });
  expect(load({ WHOOT_URL: "http://[::1]:3000" })).toMatchObject({ url: "http://[::1]:3000" });
  expect(load({ ...https, WHOOT_HOST: "::" })).toMatchObject({ host: "::", url: "https://voice.example.com:8443" });
  expect(load({ WHOOT_TRUST_PROXY: "127.0.0.1, 10.0.0.0/8, 2001:db8::/32, loopback" })).toMatchObject({
    trustProxy: "127.0.0.1,10.0.0.0/8,2001:db8::/32,loopback",
  });
  expect(load({ WHOOT_MEDIA_HOST: "[::]", WHOOT_MEDIA_ADDRESS: "203.0.113.5" })).toMatchObject({
    mediaHost: "::",
    mediaAddress: "203.0.113.5",
  });
  for (const from of ["whoot@localhost", '"Whoot, Inc" <voice@example.com>', "Wüt <a@bücher.example>", "a@[203.0.113.5]"]) {
    expect(load({ WHOOT_MAIL_FROM: from }).mailFrom).toBe(from);
  }
});

test("names in address settings are looked up at the start, and one without an address is reported", async () => {
  const named = load({ WHOOT_MEDIA_ADDRESS: "localhost" });
  expect(isIP((await resolveNames(named)).mediaAddress ?? "")).toBeGreaterThan(0);
  await expect(resolveNames(load({ WHOOT_MEDIA_ADDRESS: "voice.invalid" }))).rejects.toThrow(
    /^WHOOT_MEDIA_ADDRESS=voice\.invalid has no address/,
  );
});

test("an unknown WHOOT_ setting is reported with the nearest known one", () => {
  expect(
    load({
      WHOOT_TRUSTPROXY: "127.0.0.1",
      WHOOT_MAILFROM: "a@b.example",
      WHOOT_COLOUR_OF_EVERYTHING: "teal",
      WHOOT_CHROMIUM: "x",
    }).warnings,
  ).toEqual([
    "WHOOT_TRUSTPROXY is not a whoot setting. Did you mean WHOOT_TRUST_PROXY?",
    "WHOOT_MAILFROM is not a whoot setting. Did you mean WHOOT_MAIL_FROM?",
    "WHOOT_COLOUR_OF_EVERYTHING is not a whoot setting.",
  ]);
  expect(load({}).warnings).toEqual([]);
});

describe("an unusable folder is reported with what to do:", () => {
  test("a data folder below a file, or where the system allows none", () => {
    const file = fresh();
    writeFileSync(file, "");
    for (const path of [resolve(file, "data"), file, "/proc/whoot", "/proc/self/task"]) {
      expect(refusal({ WHOOT_DATA: path })).toMatch(new RegExp(`The data folder ${path} can't be written .*WHOOT_DATA`));
    }
  });
  test("a key folder where the system allows none", () => {
    expect(refusal({ WHOOT_KEYS: "/proc/whoot" })).toMatch(/The key folder \/proc\/whoot can't be used .*WHOOT_KEYS/);
  });
});

describe("the master key", () => {
  test("is created once, readable only by this user, and stays", () => {
    const dataFolder = fresh();
    const [first, second] = [load({ WHOOT_DATA: dataFolder }), load({ WHOOT_DATA: dataFolder })];
    expect(first.masterKey).toHaveLength(32);
    expect(second.masterKey.equals(first.masterKey)).toBe(true);
    const file = resolve(dataFolder, "keys", "master.key");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8").trim()).toBe(first.masterKey.toString("hex"));
  });
  test.each(["", "short", "g".repeat(64), "a".repeat(66)])(
    "a damaged one (%j) prevents the start and is not replaced",
    (damaged) => {
      const dataFolder = fresh();
      const file = resolve(dataFolder, "keys", "master.key");
      mkdirSync(resolve(file, ".."), { recursive: true });
      writeFileSync(file, damaged);
      expect(refusal({ WHOOT_DATA: dataFolder })).toMatch(/isn't a master key.*backup/);
      expect(readFileSync(file, "utf8")).toBe(damaged);
    },
  );
  test("a missing one is not replaced while tenants' keys need it", () => {
    const dataFolder = fresh();
    mkdirSync(resolve(dataFolder, "keys", "tenants"), { recursive: true });
    writeFileSync(resolve(dataFolder, "keys", "tenants", "x.key"), "sealed");
    expect(refusal({ WHOOT_DATA: dataFolder })).toMatch(/master\.key is missing.*backup/);
  });
});
