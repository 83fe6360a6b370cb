import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig, StartupError } from "./config.ts";
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

test("nothing set: this machine only, everything below the data folder", () => {
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

describe("a setting that cannot be used is named:", () => {
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
  ])("%s=%s", (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(name);
    if (name === "WHOOT_MASTER_KEY") expect(message).not.toContain(value);
  });

  test("WHOOT_HOST that lets others in, without TLS or without mail", () => {
    const https = { WHOOT_URL: "https://voice.example.com" };
    const smtp = { SMTP_URL: "smtp://mail.example.com" };
    for (const settings of [{}, https, smtp, { ...smtp, WHOOT_URL: "http://localhost:3000" }]) {
      expect(refusal({ WHOOT_HOST: "0.0.0.0", ...settings })).toMatch(/WHOOT_HOST=0\.0\.0\.0.*TLS.*SMTP_URL/);
    }
    expect(load({ WHOOT_HOST: "0.0.0.0", ...https, ...smtp })).toMatchObject({ secureCookies: true, loopbackOnly: false });
  });

  test("WHOOT_URL without TLS on another name than this machine's", () => {
    expect(refusal({ WHOOT_URL: "http://voice.example.com" })).toMatch(/WHOOT_URL must be https/);
  });
});

describe("a data folder that cannot be written is named, with what to do:", () => {
  test("below a file, and where the system allows no folder", () => {
    const file = fresh();
    writeFileSync(file, "");
    for (const path of [resolve(file, "data"), file, "/proc/whoot", "/proc/self/task"]) {
      expect(refusal({ WHOOT_DATA: path })).toMatch(new RegExp(`The data folder ${path} can't be written .*WHOOT_DATA`));
    }
  });
  test("and a key folder likewise", () => {
    expect(refusal({ WHOOT_KEYS: "/proc/whoot" })).toMatch(/The key folder \/proc\/whoot can't be used .*WHOOT_KEYS/);
  });
});

describe("the master key", () => {
  test("is made once, for this user alone, and stays", () => {
    const dataFolder = fresh();
    const [first, second] = [load({ WHOOT_DATA: dataFolder }), load({ WHOOT_DATA: dataFolder })];
    expect(first.masterKey).toHaveLength(32);
    expect(second.masterKey.equals(first.masterKey)).toBe(true);
    const file = resolve(dataFolder, "keys", "master.key");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8").trim()).toBe(first.masterKey.toString("hex"));
  });
  test.each(["", "short", "g".repeat(64), "a".repeat(66)])(
    "that is damaged (%j) stops the start instead of being replaced",
    (damaged) => {
      const dataFolder = fresh();
      const file = resolve(dataFolder, "keys", "master.key");
      mkdirSync(resolve(file, ".."), { recursive: true });
      writeFileSync(file, damaged);
      expect(refusal({ WHOOT_DATA: dataFolder })).toMatch(/isn't a master key.*backup/);
      expect(readFileSync(file, "utf8")).toBe(damaged);
    },
  );
  test("that is missing is not made anew where tenants' keys need the old one", () => {
    const dataFolder = fresh();
    mkdirSync(resolve(dataFolder, "keys", "tenants"), { recursive: true });
    writeFileSync(resolve(dataFolder, "keys", "tenants", "x.key"), "sealed");
    expect(refusal({ WHOOT_DATA: dataFolder })).toMatch(/master\.key is missing.*backup/);
  });
});
