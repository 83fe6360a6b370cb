/** Retries until `attempt` returns something other than undefined, null or false. Fails at the deadline and says what it waited for. */
export async function until<Result>(
  what: string,
  attempt: () => Result | Promise<Result>,
  deadlineMs = 10_000,
): Promise<Exclude<Result, undefined | null | false>> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined && result !== null && result !== false) return result as never;
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}
