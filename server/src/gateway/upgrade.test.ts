import { expect, test } from "vitest";
import { makeWorkspace, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const lines: string[] = [];
const server = useServer({ logLevel: "warn" }, { write: (line) => void lines.push(line) });

test("a proxy that drops the Upgrade header causes one warning in the log, however often pages retry", async () => {
  const ada = await signUpPerson(server, "Ada");
  const workspace = await makeWorkspace(ada);
  for (let time = 1; time <= 3; time++) {
    expect(await ada.get(`${workspace.path}/gateway`)).toMatchObject({ status: 426, code: "upgrade_required" });
  }
  expect(lines.filter((line) => line.includes("must pass WebSocket upgrades"))).toHaveLength(1);
});
