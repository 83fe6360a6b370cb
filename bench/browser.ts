/** Browsers of the benches that sign in. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

let browsers = 0;

/**
 * A browser with a loopback address of its own, because sign-ins are limited by address.
 * @param keeps whether it keeps its connection open, as a browser that shows the page does
 * @returns a function that posts JSON below `/api/v1`
 */
export function openBrowser(url: string, { keeps = false } = {}) {
  browsers += 1;
  const agent = keeps ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
  const localAddress = `127.1.${browsers >> 8}.${browsers & 255}`;
  const { port } = new URL(url);
  let cookie = "";
  return async function post<Answer>(path: string, body: unknown, as = cookie): Promise<Answer> {
    const headers = { "content-type": "application/json", cookie: as };
    const outgoing = request({ host: "127.0.0.1", port, localAddress, agent, method: "POST", path: `/api/v1${path}`, headers });
    outgoing.end(JSON.stringify(body));
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    const said = await text(answer);
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${said}`);
    cookie = [as, ...(answer.headers["set-cookie"] ?? []).map((line) => line.split(";")[0])].filter(Boolean).join("; ");
    return JSON.parse(said) as Answer;
  };
}
