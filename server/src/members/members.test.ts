import { expect, test } from "vitest";
import { addMember, makeWorkspace, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();

test("page by page, whatever their size, everybody comes once, in the order they joined, the owner first", async () => {
  const owner = await signUpPerson(server, "Olga");
  const workspace = await makeWorkspace(owner);
  for (const name of ["Ada", "Ben"])
    await addMember(server, owner, workspace, await signUpPerson(server, name), workspace.roles.Member);

  for (const limit of [1, 2, 3]) {
    const names: string[] = [];
    let cursor: string | null = "";
    // A cursor that does not move on would go round for ever.
    for (let pages = 0; cursor !== null && pages < 5; pages += 1) {
      const { json } = await owner.get(`${workspace.path}/members?limit=${limit}${cursor && `&cursor=${cursor}`}`);
      names.push(...json.items.map((member: { name: string }) => member.name));
      cursor = json.nextCursor;
    }
    expect([limit, names]).toEqual([limit, ["Olga", "Ada", "Ben"]]);
  }
});
