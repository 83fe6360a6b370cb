import { expect, test } from "vitest";
import { suggestSlug } from "./suggest-slug.ts";

test.each([
  ["Acme Corp", "acme-corp"],
  ["Ärzte & Co.", "arzte-co"],
  ["A\u0308rzte", "arzte"],
  ["Straße 7", "strasse-7"],
  ["Łódź", "lodz"],
  ["Ægir Ørsted", "aegir-orsted"],
  ["O’Brien's", "obriens"],
  ["Область", "oblast"],
  ["Москва", "moskva"],
  ["東京", "dongjing"],
  ["  --  ", ""],
  ["x".repeat(60), "x".repeat(40)],
  [`${"x".repeat(39)} y`, "x".repeat(39)],
])("the slug suggested for %s is %s", async (name, slug) => expect(await suggestSlug(name)).toBe(slug));
