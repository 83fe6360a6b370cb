import { Button, Modal, Select } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { ApiError, failureCode, words } from "../../api/errors.ts";
import { keys, lapsingInvitationsQuery, rolesQuery } from "../../api/queries.ts";
import type { Member } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import { counted } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { roleChoices } from "../roles/role-choices.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { doWords, type MemberChange, whom } from "./member-changes.ts";
import classes from "./people.module.css";

/** The others are counted: a dialog that names five hundred is read by nobody. */
const NAMED = 8;

interface ChangeProps {
  change: MemberChange;
  members: readonly Member[];
  /** `done`: it was done, and not only asked. */
  onClose: (done: boolean) => void;
}

/** Asks before members are changed, naming them, and does it: to all of them or none. */
export function MemberChangeDialog({
  opened,
  asked,
  onClose,
}: {
  opened: boolean;
  asked: Omit<ChangeProps, "onClose"> | null;
  onClose: ChangeProps["onClose"];
}) {
  return (
    <Modal opened={opened} onClose={() => onClose(false)} title={asked && doWords(asked.change, asked.members)}>
      {asked && <ChangeForm {...asked} onClose={onClose} />}
    </Modal>
  );
}

function ChangeForm({ change, members, onClose }: ChangeProps) {
  const { slug, name } = useTenant();
  const queries = useQueryClient();
  const [roleId, setRoleId] = useState<string | null>(null);
  const roles = useQuery({ ...rolesQuery(slug), enabled: change === "changeRole" });
  const role = roles.data?.find((known) => known.roleId === roleId);
  const one = members.length === 1;
  const memberIds = members.map(({ memberId }) => memberId);
  const lapsing = useQuery({
    ...lapsingInvitationsQuery(slug, memberIds, change === "changeRole" ? roleId : null),
    enabled: change === "changeRole" ? roleId !== null : change !== "reactivate",
  });

  const submit = useMutation({
    mutationFn: () => send(slug, change, memberIds, roleId ?? ""),
    onSuccess: async () => {
      await Promise.all(
        [keys.members(slug), keys.roles(slug), keys.tenant(slug), keys.invitations(slug)].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      );
      notifications.show({ message: doneWords(change, members, role?.name ?? "") });
      onClose(true);
    },
    // It may be that what this page shows is over.
    onError: () => queries.invalidateQueries({ queryKey: keys.members(slug) }),
  });

  return (
    <form
      className={formClasses.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!submit.isPending && (change !== "changeRole" || roleId)) submit.mutate();
      }}
    >
      <p>{whatHappens(change, one, name)}</p>
      {!one && <Names members={members} />}
      {change === "changeRole" && (
        <Select
          label="New role"
          placeholder="Choose a role"
          data={roleChoices(roles.data ?? [])}
          error={roles.isError ? words(roles.error) : undefined}
          value={roleId}
          onChange={setRoleId}
          data-autofocus
        />
      )}
      <p role="status" className={classes.lapsing}>
        {lapsing.data !== undefined && lapsing.data > 0 && lapsingWords(change, one, lapsing.data)}
      </p>
      <FailureNote>{submit.isError && <Reasons error={submit.error} members={members} />}</FailureNote>
      <div className={formClasses.actions}>
        <Button variant="default" onClick={() => onClose(false)} data-autofocus={change === "changeRole" ? undefined : true}>
          Cancel
        </Button>
        <Button
          type="submit"
          {...(change === "suspend" || change === "remove" ? { color: "brick" } : {})}
          loading={submit.isPending}
          disabled={change === "changeRole" && !role}
        >
          {change === "changeRole" && role ? `Give ${whom(members)} the role ${role.name}` : doWords(change, members)}
        </Button>
      </div>
    </form>
  );
}

function Names({ members }: { members: readonly Member[] }) {
  const others = members.length - NAMED;
  return (
    <ul className={classes.names}>
      {(others > 1 ? members.slice(0, NAMED) : members).map(({ memberId, name, email }) => (
        <li key={memberId}>
          {name}{" "}
          {email !== null && (
            <span className={classes.dim}>
              <Address>{email}</Address>
            </span>
          )}
        </li>
      ))}
      {others > 1 && <li>and {counted(others, "other", "others")}</li>}
    </ul>
  );
}

/** Each who stands in the way, where there are several. */
function Reasons({ error, members }: { error: unknown; members: readonly Member[] }) {
  const fields = (error instanceof ApiError && error.problem?.fields) || [];
  if (failureCode(error) === "not_found" && fields.length > 0) {
    const gone = fields.flatMap(({ path }) => members[Number(path.split(".")[1])] ?? []);
    return `Nothing was changed. No longer in the workspace: ${gone.map(({ name }) => name).join(", ")}. Select the others again.`;
  }
  if (fields.length < 2) return words(error);
  return (
    <>
      Nothing was changed.
      <ul className={classes.reasons}>
        {fields.slice(0, NAMED).map(({ path, message }) => (
          <li key={path}>{message}</li>
        ))}
        {fields.length > NAMED && <li>and {counted(fields.length - NAMED, "other", "others")}</li>}
      </ul>
    </>
  );
}

function send(slug: string, change: MemberChange, memberIds: string[], roleId: string) {
  const params = { path: { slug } };
  switch (change) {
    case "changeRole":
      return call(api.POST("/api/v1/tenants/{slug}/members/role-changes", { params, body: { memberIds, roleId } }));
    case "suspend":
      return call(api.POST("/api/v1/tenants/{slug}/members/suspensions", { params, body: { memberIds } }));
    case "reactivate":
      return call(api.POST("/api/v1/tenants/{slug}/members/reactivations", { params, body: { memberIds } }));
    case "remove":
      return call(api.POST("/api/v1/tenants/{slug}/members/removals", { params, body: { memberIds } }));
  }
}

function whatHappens(change: MemberChange, one: boolean, workspace: string): string {
  switch (change) {
    case "changeRole":
      return "What the new role allows counts at once, on open pages and live talk too.";
    case "suspend":
      return `${workspace} is closed to them until they are reactivated. Whatever they are saying on a channel ends now. They keep their role.`;
    case "reactivate":
      return `${workspace} is open to them again, with the ${one ? "role that they" : "roles that they"} had.`;
    case "remove":
      return `They leave ${workspace} at once, and come back only by a new invitation. What they said stays, under their name.`;
  }
}

/** What goes with them: an invitation is worth what whoever vouches for it could give. */
function lapsingWords(change: MemberChange, one: boolean, count: number): string {
  const invitations = `${counted(count, "open invitation", "open invitations")} of theirs ${count === 1 ? "stops" : "stop"} working`;
  const again = `somebody else sends ${count === 1 ? "it" : "them"} again`;
  if (change === "suspend") return `${invitations} until ${one ? "they are" : "whoever sent them is"} reactivated or ${again}.`;
  return `${invitations} until ${again}.`;
}

function doneWords(change: MemberChange, members: readonly Member[], roleName: string): string {
  const who = whom(members);
  const were = members.length === 1 ? "was" : "were";
  switch (change) {
    case "changeRole":
      return `${who} ${members.length === 1 ? "has" : "have"} the role ${roleName} now.`;
    case "suspend":
      return `${who} ${were} suspended.`;
    case "reactivate":
      return `${who} ${were} reactivated.`;
    case "remove":
      return `${who} ${were} removed.`;
  }
}
