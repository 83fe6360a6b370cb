/**
 * Polls until `condition` holds.
 * @throws after `withinMs`, naming `description`
 */
export async function until(description: string, condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
