import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Stops the process and waits for its end. Does nothing if it has ended. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill();
  await exited;
}
