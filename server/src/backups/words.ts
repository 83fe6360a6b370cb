import type { BackupFile, BackupTotals } from "../platform/db/backup/file.ts";

const number = new Intl.NumberFormat("en");

/** Writes "1 workspace" or "12 people". */
export function pluralize(count: number, one: string, more = `${one}s`): string {
  return `${number.format(count)} ${count === 1 ? one : more}`;
}

/** Writes a size as "1.2 MB". */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)));
  return `${number.format(Number((bytes / 1_000 ** step).toFixed(1)))} ${units[step]}`;
}

/** Describes a backup in lines for the operator. */
export function describeBackup(
  { header, sha256, bytes }: BackupFile,
  { workspaces, people, rows }: Omit<BackupTotals, "tables">,
): string[] {
  return [
    `  holds    ${pluralize(workspaces, "workspace")}, ${pluralize(people, "person", "people")}, ${pluralize(rows, "row")} in all`,
    `  as of    ${header.takenAt}`,
    `  schema   ${header.migrations.at(-1) ?? "none"}`,
    `  size     ${size(bytes)}`,
    `  sha-256  ${sha256}`,
  ];
}
