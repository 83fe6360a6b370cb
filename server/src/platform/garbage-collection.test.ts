import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { FLAGS } from "./garbage-collection.ts";

test("this Node's V8 knows every flag that the garbage collector is set up with", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  expect(FLAGS.map((flag) => flag.split("=")[0]).filter((flag) => !known.includes(`${flag} (`))).toEqual([]);
});
