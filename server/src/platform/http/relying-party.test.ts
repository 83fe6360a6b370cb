import { expect, test } from "vitest";
import { relyingParty } from "./relying-party.ts";

const at = (url: string) => relyingParty({ publicUrl: () => url });

test("passkeys are bound to the host of the public URL, whatever its port", () => {
  expect(at("https://voice.example.com")).toEqual({ id: "voice.example.com", origin: "https://voice.example.com" });
  expect(at("http://localhost:3000")).toEqual({ id: "localhost", origin: "http://localhost:3000" });
});

test.each(["http://127.0.0.1:3000", "https://203.0.113.7", "http://[::1]:3000", "https://[2001:db8::1]"])(
  "%s allows no passkeys, because an IP address is no domain",
  (url) => expect(at(url)).toBe(null),
);
