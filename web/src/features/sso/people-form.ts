import type { SsoConnection, SsoMapping } from "../../api/types.ts";
import type { ConnectionChange } from "./use-save-connection.ts";

export interface PeopleValues extends Record<string, unknown> {
  joining: SsoConnection["joining"];
  /** Empty: no role. */
  defaultRoleId: string;
  groupRoles: { key: string; group: string; roleId: string }[];
  subjectBy: "usual" | "attribute";
  subjectAttribute: string;
  countsAsMfa: boolean;
  address: string;
  firstName: string;
  lastName: string;
  displayName: string;
  groups: string;
}

const MAPPED = ["address", "firstName", "lastName", "displayName", "groups"] as const;

export function valuesOf(connection: SsoConnection): PeopleValues {
  const { joining, defaultRole, groupRoles, subjectAttribute, countsAsMfa, mapping } = connection;
  return {
    joining,
    defaultRoleId: defaultRole?.roleId ?? "",
    groupRoles: groupRoles.map(({ group, roleId }, index) => ({ key: String(index), group, roleId })),
    subjectBy: subjectAttribute === null ? "usual" : "attribute",
    subjectAttribute: subjectAttribute ?? "",
    countsAsMfa,
    address: mapping.address ?? "",
    firstName: mapping.firstName ?? "",
    lastName: mapping.lastName ?? "",
    displayName: mapping.displayName ?? "",
    groups: mapping.groups ?? "",
  };
}

export function faultsOf(values: PeopleValues): Record<string, string> {
  const faults: Record<string, string> = {};
  if (values.joining === "just_in_time" && values.defaultRoleId === "")
    faults["defaultRoleId"] = "Choose the role of those who join.";
  if (values.subjectBy === "attribute" && values.subjectAttribute.trim() === "") faults["subjectAttribute"] = "Enter its name.";
  const seen = new Set<string>();
  for (const [index, { group, roleId }] of values.groupRoles.entries()) {
    const name = group.trim();
    if (name === "") faults[`groupRoles.${index}.group`] = "Enter the group, or remove the row.";
    else if (seen.has(name)) faults[`groupRoles.${index}.group`] = "This group is there already.";
    if (roleId === "") faults[`groupRoles.${index}.roleId`] = "Choose a role.";
    seen.add(name);
  }
  return faults;
}

/** Only the values that differ, because the person may be allowed to change only some of them. */
export function changeOf(connection: SsoConnection, values: PeopleValues): ConnectionChange {
  const mapping: SsoMapping = {};
  for (const field of MAPPED) {
    const name = values[field].trim();
    if (name !== "") mapping[field] = name;
  }
  const groupRoles = values.groupRoles.map(({ group, roleId }) => ({ group: group.trim(), roleId }));
  const subjectAttribute = values.subjectBy === "usual" ? null : values.subjectAttribute.trim();
  const defaultRoleId = values.defaultRoleId === "" ? null : values.defaultRoleId;
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  const mapped = Object.fromEntries(
    MAPPED.flatMap((field) => (connection.mapping[field] ? [[field, connection.mapping[field]]] : [])),
  );
  return {
    ...(values.joining !== connection.joining && { joining: values.joining }),
    ...(defaultRoleId !== (connection.defaultRole?.roleId ?? null) && { defaultRoleId }),
    ...(differs(
      groupRoles,
      connection.groupRoles.map(({ group, roleId }) => ({ group, roleId })),
    ) && { groupRoles }),
    ...(subjectAttribute !== connection.subjectAttribute && { subjectAttribute }),
    ...(values.countsAsMfa !== connection.countsAsMfa && { countsAsMfa: values.countsAsMfa }),
    ...(differs(mapping, mapped) && { mapping }),
  };
}
