/** Entries in words: sentences for the list, and what changed from what to what. */
import { AUDIT_ACTIONS, type AuditAction, type AuditTargetType } from "#contract/audit.ts";
import { PERMISSION_NAMES, type Permission, whatItAllows } from "#contract/permissions.ts";
import type { AuditEntry } from "../../api/types.ts";
import { capitalized } from "../../ui/capitalized.ts";

/** What somebody does to nobody but themselves: the sentence ends there. */
const ALONE = new Set(["session.signed_in", "session.signed_out", "member.left"]);

type Told = Pick<AuditEntry, "action" | "actor" | "target" | "changes">;

/** What was decided, not only that it was. */
const VERDICTS: Record<string, ((role: string) => string) | undefined> = {
  approved: () => "approved in the access review the access of",
  changed: (role) => `changed in the access review to ${role} the role of`,
  revoked: () => "revoked in the access review the access of",
};

/** The sentence "Ada changed the role of Ben" in its parts; the last one empty where there is nothing to name. */
export function sentence({ action, actor, target, changes }: Told): [string, string, string] {
  const verdict = action === "access_review.decided" && VERDICTS[String(changes["decision"]?.to)];
  if (verdict) return [actor.name, verdict(String(changes["role"]?.to ?? "another")), target.name];
  const says = Object.hasOwn(AUDIT_ACTIONS, action) ? AUDIT_ACTIONS[action as AuditAction].says : `did “${action}” to`;
  return [actor.name, says, ALONE.has(action) ? "" : target.name];
}

const TARGET_TYPES: Record<AuditTargetType, string> = {
  workspace: "workspace",
  member: "person",
  invitation: "invitation",
  role: "role",
  channel: "channel",
  transmission: "recording",
  access_review: "access review",
  export: "export",
};

export function targetTypeWords(type: string): string {
  return Object.hasOwn(TARGET_TYPES, type) ? TARGET_TYPES[type as AuditTargetType] : type;
}

/** Where the field's own name, spelled out, would not be plain. */
const FIELDS: Record<string, string> = {
  transmission: "Who may talk",
  talkerRoles: "Roles that may talk",
  talkerMembers: "People who may talk",
  slug: "Address",
  accentColour: "Accent colour",
  talkKeyMode: "Talk key",
  from: "From day",
  to: "To day",
  dueAt: "Due",
  startedAt: "Recorded",
  endedAt: "Ended",
};

export function fieldWords(field: string): string {
  const known = FIELDS[field];
  if (known) return known;
  const spelled = field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll("_", " ");
  return capitalized(spelled);
}

const isPermission = (value: unknown): value is Permission => PERMISSION_NAMES.includes(value as Permission);
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** @param when how this workspace tells a time */
export function valueWords(value: unknown, when: (iso: string) => string): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (isPermission(value)) return whatItAllows(value);
  if (typeof value === "string") return ISO_TIME.test(value) ? when(value) : value;
  if (Array.isArray(value)) return value.length === 0 ? "nobody and nothing" : value.map((of) => valueWords(of, when)).join(", ");
  if (typeof value === "object") return "name" in value ? String(value.name) : JSON.stringify(value);
  return String(value);
}

export interface ChangeWords {
  field: string;
  /** Null where there was nothing before, or nothing after. */
  from: string | null;
  to: string | null;
  /** Of lists: what came and what went. */
  added: string[];
  removed: string[];
}

export function changeWords(changes: AuditEntry["changes"], when: (iso: string) => string): ChangeWords[] {
  return Object.entries(changes).map(([name, { from, to }]) => {
    const field = fieldWords(name);
    if (Array.isArray(from) && Array.isArray(to)) {
      // By what they are, not by what they are called: two people may have one name.
      const without = (list: unknown[], other: unknown[]) => {
        const there = new Set(other.map((of) => JSON.stringify(of)));
        return list.filter((of) => !there.has(JSON.stringify(of))).map((of) => valueWords(of, when));
      };
      return { field, from: null, to: null, added: without(to, from), removed: without(from, to) };
    }
    return {
      field,
      from: from === undefined ? null : valueWords(from, when),
      to: to === undefined ? null : valueWords(to, when),
      added: [],
      removed: [],
    };
  });
}

const BROWSERS: ReadonlyArray<readonly [name: string, is: RegExp]> = [
  ["Edge", /\bEdg(?:e|A|iOS)?\/([\d]+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/],
  ["Chrome", /\b(?:Chrome|CriOS|HeadlessChrome)\/(\d+)/],
  ["Safari", /\bVersion\/(\d+).*\bSafari\//],
];
const SYSTEMS: ReadonlyArray<readonly [name: string, is: RegExp]> = [
  ["Android", /Android/],
  ["iPhone or iPad", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X|Macintosh/],
  ["Linux", /Linux|X11/],
];

/** "Firefox 151 on Linux", as far as it can be told; else what the program called itself. */
export function browserWords(userAgent: string): string {
  for (const [name, is] of BROWSERS) {
    const [, version] = is.exec(userAgent) ?? [];
    if (version === undefined) continue;
    const [system] = SYSTEMS.find(([, fits]) => fits.test(userAgent)) ?? [];
    return `${name} ${version}${system ? ` on ${system}` : ""}`;
  }
  return userAgent;
}
