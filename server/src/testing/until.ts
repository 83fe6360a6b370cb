/** Only an event that never comes takes this long. The limit is high because other programs may use the machine. */
const DEADLINE_MS = 120_000;

/** Retries until `attempt` returns something other than undefined, null or false. Fails at the deadline and says what it waited for. */
export async function until<Result>(
  what: string,
  attempt: () => Result | Promise<Result>,
): Promise<Exclude<Result, undefined | null | false>> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const result = await attempt();
    if (result !== undefined && result !== null && result !== false) return result as never;
    if (Date.now() > deadline) throw new Error(`waited ${DEADLINE_MS / 1000} s in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}
