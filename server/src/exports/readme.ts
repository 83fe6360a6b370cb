export function readme(begun: Date): string {
  return `All data of a workspace on whoot, as of ${begun.toISOString()}.

workspace.json          the workspace itself; logo.webp is its logo
data/<what>/0001.json   one row per line, 5,000 rows per file; times are in UTC
invoices/<number>.pdf   invoices and credit notes, with the e-invoice (Factur-X) inside where there is one
audit-log/0001.jsonl    the audit log, one entry per line, with its chain of SHA-256 hashes; "changes" is the JSON text that was hashed
audit-log/0001.csv      the same for spreadsheets; cells that a spreadsheet would run as a formula begin with an apostrophe
recordings/index-0001.csv   an index of the recordings: file, channel, speaker, time, length
recordings/<day>/<time>-<id>.ogg   the recordings, Ogg Opus, decrypted
summary.json            when the archive was finished, and how many recordings it contains

The archive was made while people kept working. Each file shows one moment between the two times in summary.json, so a change made
meanwhile may be in one file and not in another. The audit log says what was changed, and when.
Secrets (invitation links, keys) and earlier exports are left out. Accounts and passwords belong to people, not to a workspace.
This archive is not encrypted: keep it only where the workspace's recordings may be kept.
`;
}
