import { expect, test } from "vitest";
import { ApiError, formFailure, words } from "./errors.ts";

const problem = { type: "/problems/x", title: "t", status: 400, detail: "Some of what was sent isn't valid.", requestId: "r1" };

test("a field that the form shows gets its message, another goes above the form", () => {
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

test("a taken slug is said beside the slug", () => {
  const error = ApiError.from(
    { ...problem, status: 409, code: "slug_taken", detail: "Taken.", fields: [{ path: "slug", message: "Choose another." }] },
    new Response(null, { status: 409 }),
  );
  expect(formFailure(error, ["name", "slug"])).toEqual({ fields: { slug: "Choose another." }, form: null });
  expect(formFailure(error, ["name"])).toEqual({ fields: {}, form: "slug: Choose another." });
});

test("waits are said in words, and what is no problem document never leaks", () => {
  const limited = ApiError.from(
    { ...problem, status: 429, code: "rate_limited", retryAfter: 120 },
    new Response(null, { status: 429 }),
  );
  expect(words(limited)).toBe("Too many attempts. Try again in 2 minutes.");
  expect(words(ApiError.from("<html>nginx", new Response(null, { status: 502 })))).toContain("can't be reached");
  expect(words(new TypeError("x is undefined"))).toContain("Reload");
});
