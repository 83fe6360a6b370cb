/** A server whose public URL has an IP address: passkeys need a host name, and it says so. */
import { expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer({ url: "http://127.0.0.1:3000" });

test("a server at an IP address gives no passkey challenges, and tells the web app why", async () => {
  const stranger = httpClient(server.url);
  expect((await stranger.get("/api/v1/system")).json.passkeyUrl).toBe(null);
  expect(await stranger.post("/api/v1/session/passkey-challenge")).toMatchObject({ status: 409, code: "passkeys_unavailable" });
  const uma = await signUpPerson(server, "Uma");
  for (const path of ["/me/passkeys/challenge", "/session/authentication/passkey-challenge"]) {
    expect((await uma.post(`/api/v1${path}`)).code).toBe("passkeys_unavailable");
  }
});
