/** Asks DNS servers within a strict time limit. */
import { Resolver } from "node:dns/promises";

/**
 * Asks the given servers ("address" or "address:port"), or the system's when `servers` is null. c-ares adapts its own timeout, so a timer
 * cancels the query, which then fails with ECANCELLED.
 */
export async function askDns<Answer>(
  servers: readonly string[] | null,
  timeoutMs: number,
  query: (resolver: Resolver) => Promise<Answer>,
): Promise<Answer> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (servers) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), timeoutMs);
  try {
    return await query(resolver);
  } finally {
    clearTimeout(timer);
  }
}

/** The addresses of a name, IPv4 first. Empty when it has none or no server answers. */
export function resolveAddresses(servers: readonly string[] | null, timeoutMs: number, name: string): Promise<string[]> {
  return askDns(servers, timeoutMs, async (resolver) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  });
}
