import fastify from "fastify";
import { expect, test } from "vitest";
import { Refusal } from "../refusal.ts";
import { answerProblems } from "./problems.ts";

test("an unexpected error is logged as an error, and a refusal with retryAfter is not logged", async () => {
  const written: string[] = [];
  const app = fastify({ logger: { level: "warn", stream: { write: (line: string) => void written.push(line) } } });
  answerProblems(app);
  app.get("/busy", () => {
    throw new Refusal("unavailable", { detail: "Too many at once. Try again in a moment.", retryAfter: 1 });
  });
  app.get("/broken", () => {
    throw new Error("the disk is gone");
  });
  const busy = await app.inject("/busy");
  expect([busy.statusCode, busy.headers["retry-after"]]).toEqual([503, "1"]);
  expect(written).toEqual([]);
  expect((await app.inject("/broken")).statusCode).toBe(500);
  expect(written.map((line) => JSON.parse(line).err.message)).toEqual(["the disk is gone"]);
  await app.close();
});
