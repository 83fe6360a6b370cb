/** Words for audit entries: a sentence for the list, and the changed fields with their values. */
import { AUDIT_ACTIONS, type AuditAction, type AuditTargetType } from "#contract/audit.ts";
import { PERMISSION_NAMES, type Permission, whatItAllows } from "#contract/permissions.ts";
import { HELD_METADATA, SSO_REFUSALS } from "#contract/sso.ts";
import type { AuditEntry } from "../../api/types.ts";
import { capitalized } from "../../ui/capitalized.ts";

/** Actions that have no target but the actor, so the sentence ends after the verb. */
const ALONE = new Set(["session.signed_in", "session.signed_out", "member.left"]);

type Worded = Pick<AuditEntry, "action" | "actor" | "target" | "changes">;

/** Verbs for the decisions of an access review. */
const VERDICTS: Record<string, ((role: string) => string) | undefined> = {
  approved: () => "reviewed and approved the access of",
  changed: (role) => `reviewed access and gave ${role} to`,
  revoked: () => "reviewed and revoked the access of",
};

/** The parts of a sentence, as "Ada", "changed the role of", "Ben". The last is empty when there is no target to name. */
export function sentence({ action, actor, target, changes }: Worded): [string, string, string] {
  const verdict = action === "access_review.decided" && VERDICTS[String(changes["decision"]?.to)];
  const role = changes["role"]?.to ?? null;
  if (verdict) return [actor.name, verdict(role === null ? "another role" : `the role ${String(role)}`), target.name];
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
  domain: "domain",
  sso_connection: "connection",
  invoice: "invoice",
};

export function targetTypeWords(type: string): string {
  return Object.hasOwn(TARGET_TYPES, type) ? TARGET_TYPES[type as AuditTargetType] : type;
}

/** Labels of fields whose own name, spelled out, would not be clear. */
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
  ipAddress: "IP address",
  userAgent: "Browser",
  idleMinutes: "Minutes without use",
  absoluteMinutes: "Minutes since signing in",
  idpEntityId: "Provider's entity ID",
  signOnUrl: "Sign-on URL",
  signOnBinding: "How requests are sent",
  metadataUrl: "Metadata URL",
  clientId: "Client ID",
  subjectAttribute: "People are identified by",
  mapping: "Names of attributes",
  groupRoles: "Roles by group",
  joining: "Who gets in",
  defaultRole: "Role of those who join",
  countsAsMfa: "Provider checks a second factor",
  takesEncrypted: "Provider may encrypt",
  addOns: "Add-ons",
  taxId: "Tax ID",
  purchaseOrder: "PO number",
  hours: "Hours until the sign-in is repeated",
};

export function fieldWords(field: string): string {
  const known = FIELDS[field];
  if (known) return known;
  const spelled = field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll("_", " ");
  return capitalized(spelled);
}

const isPermission = (value: unknown): value is Permission => PERMISSION_NAMES.includes(value as Permission);
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** @param when formats a time as this workspace shows it */
function valueWords(value: unknown, when: (iso: string) => string): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (isPermission(value)) return whatItAllows(value);
  if (typeof value === "string") return ISO_TIME.test(value) ? when(value) : value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((item) => valueWords(item, when)).join(", ");
  if (typeof value === "object") return "name" in value ? String(value.name) : JSON.stringify(value);
  return String(value);
}

/** Values whose own spelling would not be clear, by field. */
const VALUES: Record<string, Readonly<Record<string, string>>> = {
  joining: { invited: "members and invited people", just_in_time: "also whoever has an address on a verified domain" },
  reason: SSO_REFUSALS,
  problem: HELD_METADATA,
  signOnBinding: { redirect: "by redirect", post: "by form" },
};

function fieldValueWords(field: string, value: unknown, when: (iso: string) => string): string {
  const known = VALUES[field];
  return (typeof value === "string" && known && Object.hasOwn(known, value) && known[value]) || valueWords(value, when);
}

export interface ChangeWords {
  field: string;
  /** Null when there was no value before, or is none after. */
  from: string | null;
  to: string | null;
  /** For lists: what was added and what was removed. */
  added: string[];
  removed: string[];
}

export function changeWords(changes: AuditEntry["changes"], when: (iso: string) => string): ChangeWords[] {
  return Object.entries(changes).map(([name, { from, to }]) => {
    const field = fieldWords(name);
    if (Array.isArray(from) && Array.isArray(to)) {
      // Compares whole items, not their names: two people may have the same name.
      const without = (list: unknown[], other: unknown[]) => {
        const there = new Set(other.map((item) => JSON.stringify(item)));
        return list.filter((item) => !there.has(JSON.stringify(item))).map((item) => valueWords(item, when));
      };
      return { field, from: null, to: null, added: without(to, from), removed: without(from, to) };
    }
    return {
      field,
      from: from === undefined ? null : fieldValueWords(name, from, when),
      to: to === undefined ? null : fieldValueWords(name, to, when),
      added: [],
      removed: [],
    };
  });
}
