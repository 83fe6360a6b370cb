/** Folders of tables whose names say less to a reader than to us. */
export const EXPORT_FILES: Record<string, string> = {
  channel_talker_members: "channel-talkers-members",
  channel_talker_roles: "channel-talkers-roles",
  member_sessions: "sessions",
};

export function readme(begun: Date): string {
  return `Everything of a workspace on whoot, as of ${begun.toISOString()}.

workspace.json          the workspace itself; logo.webp its logo
data/<what>/0001.json   one row a line; 5,000 rows a file; times are in UTC
audit-log/0001.jsonl    the audit log, an entry a line, with the SHA-256 hashes that chain it; changes is the JSON text that was hashed
audit-log/0001.csv      the same for spreadsheets; cells that a spreadsheet would run begin with an apostrophe
recordings/index-0001.csv   which file is which: channel, speaker, time, length
recordings/<day>/<time>-<id>.ogg   the recordings, Ogg Opus, no longer encrypted
summary.json            when it was finished, and how many recordings are in it

It was made while people went on working: each file is of one moment between the two times in summary.json, and what was changed
meanwhile may be in one file and not yet in another. The audit log says what was changed, and when.
Left out are secrets (links of invitations, keys) and earlier exports. Accounts and passwords are people's own and belong to no workspace.
This archive is not encrypted: keep it where the workspace's recordings may be.
`;
}
