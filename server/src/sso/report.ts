/** The report of a connection's test: what the provider sent, how whoot reads it, and what a sign-in would do. */
import type { SsoReport } from "#contract/http/sso.ts";
import { SSO_REFUSALS } from "#contract/sso.ts";
import { lockRoster } from "../access/roster.ts";
import type { Services } from "../services.ts";
import { type Asserted, type Outcome, SsoRefusal } from "./asserted.ts";
import { decide, roleByGroups } from "./joining.ts";
import * as queries from "./queries.ts";
import type { Connection } from "./queries.ts";

function refusalOf({ reason, details }: Pick<SsoRefusal, "reason" | "details">): SsoReport["refusal"] {
  const { expected = null, received = null, seconds = null } = details;
  return { reason, says: SSO_REFUSALS[reason], expected, received, seconds };
}

/** Describes what a sign-in of this person would do now. Nothing is changed. */
function predictSignIn({ database }: Services, connection: Connection, asserted: Asserted): Promise<string[]> {
  return database.withTenant(connection.tenantId, async (tx) => {
    await lockRoster(tx);
    try {
      const decision = await decide(tx, connection, asserted);
      if (decision.kind === "new_member") {
        const role = await queries.findRole(tx.db, decision.roleId);
        const how = decision.invitationId === null ? "joins just in time" : "accepts the invitation";
        return [`If this person signs in, ${decision.address} ${how}, with the role ${role?.name ?? "that was chosen"}.`];
      }
      const { member } = decision;
      const change = await roleByGroups(tx, connection, member, asserted.groups);
      return [
        decision.kind === "known"
          ? `If this person signs in, they enter as ${member.name}.`
          : `If this person signs in, they are joined to ${member.name}, because the email address matches.`,
        ...(change ? [`${member.name} then gets the role ${change.roleName}, because of the group ${change.group}.`] : []),
      ];
    } catch (error) {
      if (error instanceof SsoRefusal) return [`A sign-in would be refused. ${error.message}`];
      throw error;
    }
  });
}

function warningsOn(connection: Connection, asserted: Asserted): string[] {
  const { subjectIsAddress, groups, tooManyGroups } = asserted;
  return [
    ...(subjectIsAddress
      ? [
          "This connection identifies people by an email address, which can be given to somebody else later. If the provider has an identifier that never changes, choose that.",
        ]
      : []),
    ...(tooManyGroups
      ? [
          "The provider leaves the groups out because there are too many. Roles stay as they are. Send only the groups that are assigned to this application.",
        ]
      : []),
    ...(groups === null && connection.groupRoles.length > 0 && !tooManyGroups
      ? ["The provider sends no groups, so roles stay as they are."]
      : []),
  ];
}

export async function makeReport(services: Services, connection: Connection, outcome: Outcome): Promise<SsoReport> {
  const { connectionId } = connection;
  if ("refused" in outcome) {
    const refusal = refusalOf({ reason: outcome.refused, details: outcome.details });
    return { connectionId, refusal, nameId: null, attributes: [], person: null, notes: [] };
  }
  const { asserted } = outcome;
  const { subject, address, name, groups, nameId, attributes } = asserted;
  const notes = [...(await predictSignIn(services, connection, asserted)), ...warningsOn(connection, asserted)];
  return { connectionId, refusal: null, nameId, attributes, person: { subject, address, name, groups }, notes };
}
