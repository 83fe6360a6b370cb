/** Only an event that never comes takes this long. The limit is high because other programs may use the machine. */
const DEADLINE_MS = 120_000;

/**
 * Polls until `condition` holds.
 * @throws after 120 s, naming `description`
 */
export async function until(description: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${DEADLINE_MS / 1000} s for ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
