import { expect, test } from "vitest";
import type { SsoConnection } from "../../api/types.ts";
import { changeOf, faultsOf, valuesOf } from "./people-form.ts";

const connection = {
  joining: "invited",
  defaultRole: null,
  groupRoles: [{ group: "ops", roleId: "r1", roleName: "Dispatchers" }],
  subjectAttribute: null,
  countsAsMfa: false,
  mapping: { address: "mail" },
} as unknown as SsoConnection;

test("an unchanged form changes nothing, so that nothing is asked that the person may not change", () => {
  expect(changeOf(connection, valuesOf(connection))).toEqual({});
});

test("only what differs is sent", () => {
  const values = valuesOf(connection);
  expect(changeOf(connection, { ...values, joining: "just_in_time", defaultRoleId: "r2" })).toEqual({
    joining: "just_in_time",
    defaultRoleId: "r2",
  });
  expect(changeOf(connection, { ...values, subjectBy: "attribute", subjectAttribute: " oid " })).toEqual({
    subjectAttribute: "oid",
  });
  expect(changeOf(connection, { ...values, address: "", groups: "memberOf" })).toEqual({ mapping: { groups: "memberOf" } });
  expect(changeOf(connection, { ...values, groupRoles: [] })).toEqual({ groupRoles: [] });
});

test("what is missing is said at its field", () => {
  const values = valuesOf(connection);
  expect(faultsOf(values)).toEqual({});
  expect(faultsOf({ ...values, joining: "just_in_time" })).toEqual({ defaultRoleId: "Choose the role of those who join." });
  const twice = [...values.groupRoles, { key: "x", group: "ops ", roleId: "" }];
  expect(Object.keys(faultsOf({ ...values, groupRoles: twice }))).toEqual(["groupRoles.1.group", "groupRoles.1.roleId"]);
});
