import { expect, test } from "vitest";
import { ApiError, formFailure, words } from "./errors.ts";

const problem = { type: "/problems/x", title: "t", status: 400, detail: "Some fields aren't valid.", requestId: "r1" };

test("the message of a field that the form shows goes to the field, any other goes above the form", () => {
  const error = ApiError.from(
    {
      ...problem,
      code: "invalid_input",
      fields: [
        { path: "email", message: "Bad." },
        { path: "colour", message: "Unknown." },
      ],
    },
    new Response(null, { status: 400 }),
  );
  expect(formFailure(error, ["email", "name"])).toEqual({ fields: { email: "Bad." }, form: "colour: Unknown." });
});

test("a taken address is reported beside its field, or above a form without that field", () => {
  const error = ApiError.from(
    { ...problem, status: 409, code: "slug_taken", detail: "Taken.", fields: [{ path: "slug", message: "Choose another." }] },
    new Response(null, { status: 409 }),
  );
  expect(formFailure(error, ["name", "slug"])).toEqual({ fields: { slug: "Choose another." }, form: null });
  expect(formFailure(error, ["name"])).toEqual({ fields: {}, form: "slug: Choose another." });
});

test.each([
  [403, "proxy", /proxy or firewall/],
  [413, "proxy", /too large/],
  [429, "proxy", /Wait a minute/],
  [502, "unreachable", /can't be reached/],
  [503, "unreachable", /can't be reached/],
  [504, "unreachable", /Check whether it was done/],
])("a proxy's own page with status %i is replaced by a message", (status, code, message) => {
  for (const body of ["<html><h1>nginx</h1></html>", "", undefined, { message: "not ours" }]) {
    const error = ApiError.from(body, new Response(null, { status }));
    expect(error.code).toBe(code);
    expect(words(error)).toMatch(message);
    expect(words(error)).not.toContain("nginx");
  }
});

test("a wait is told in minutes, and no text of a proxy or of a program error is shown", () => {
  const limited = ApiError.from(
    { ...problem, status: 429, code: "rate_limited", retryAfter: 120 },
    new Response(null, { status: 429 }),
  );
  expect(words(limited)).toBe("Too many attempts. Try again in 2 minutes.");
  expect(words(ApiError.from("<html>nginx", new Response(null, { status: 502 })))).toContain("can't be reached");
  expect(words(new TypeError("x is undefined"))).toContain("Reload");
});
