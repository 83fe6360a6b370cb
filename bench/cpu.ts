import { readdirSync, readFileSync } from "node:fs";

/** CPU time of a process so far, in ms. Needs Linux. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** CPU time so far of the processes that a process has started and that still run, in ms. Needs Linux. */
export function cpuOfChildren(pid: number): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const children = pids.filter((name) => parentOf(name) === pid);
  return children.reduce((sum, name) => sum + cpuOf(Number(name)), 0);
}

function parentOf(pid: string): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1]);
  } catch {
    return null; // it has ended
  }
}
