import { expect, test } from "vitest";
import { certificateEnd, isRecent, spacedFingerprint, stateOf } from "./connection-words.ts";

const now = Date.parse("2026-06-15T12:00:00.000Z");
const saml = (...ends: string[]) => ({
  idpEntityId: "idp",
  signOnUrl: "https://idp.example/sso",
  signOnBinding: "redirect" as const,
  metadataUrl: null,
  metadata: null,
  takesEncrypted: false,
  certificates: ends.map((notAfter) => ({ fingerprint: "ab", notBefore: "2025-01-01T00:00:00.000Z", notAfter })),
});

test("a connection is on, off, or not set up", () => {
  expect(stateOf({ enabled: true, ready: true })).toBe("on");
  expect(stateOf({ enabled: false, ready: true })).toBe("off");
  expect(stateOf({ enabled: false, ready: false })).toBe("unfinished");
});

test("a certificate is warned about from 30 days before its end, and after it; the last of two counts", () => {
  expect(certificateEnd(null, now)).toBeNull();
  expect(certificateEnd(saml(), now)).toBeNull();
  expect(certificateEnd(saml("2026-07-15T12:00:01.000Z"), now)).toBeNull();
  expect(certificateEnd(saml("2026-07-15T12:00:00.000Z"), now)).toMatchObject({ expired: false });
  expect(certificateEnd(saml("2026-06-15T12:00:00.000Z"), now)).toMatchObject({ expired: true });
  expect(certificateEnd(saml("2027-06-15T12:00:00.000Z", "2026-06-01T12:00:00.000Z"), now)).toBeNull();
});

test("a test counts for an hour", () => {
  expect(isRecent(null, now)).toBe(false);
  expect(isRecent("2026-06-15T11:00:01.000Z", now)).toBe(true);
  expect(isRecent("2026-06-15T11:00:00.000Z", now)).toBe(false);
});

test("a fingerprint is spaced as in the consoles of providers", () => {
  expect(spacedFingerprint("a1b2c3")).toBe("A1:B2:C3");
});
