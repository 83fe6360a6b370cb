import { MAX_MEMBERS_AT_ONCE } from "#contract/http/members.ts";
import { Button, Modal, Select } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, call } from "../../api/client.ts";
import { ApiError, failureCode, words } from "../../api/errors.ts";
import { LicencesHelp } from "../billing/buying-help.tsx";
import { lapsingInvitationsQuery } from "../invitations/queries.ts";
import { rolesQuery } from "../roles/queries.ts";
import { showing } from "../../api/outdated.ts";
import type { Member } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import { counted, number } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { detailsOf } from "../../ui/tell-apart.ts";
import { roleChoices } from "../roles/role-choices.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { ChangeOutcome, outcomeWords } from "./change-outcome.tsx";
import { changeInBatches, type Outcome } from "./change-in-batches.ts";
import { DoneSoFar } from "./done-so-far.tsx";
import { doneWords, doWords, type MemberChange, whom } from "./member-changes.ts";
import classes from "./people.module.css";

/** The greatest number of people listed by name; the others are counted. */
const MAX_NAMED = 8;

const NOBODY: readonly string[] = [];

interface ChangeProps {
  change: MemberChange;
  members: readonly Member[];
  /** `done`: ids of the members that were changed. */
  onClose: (done: readonly string[]) => void;
}

/** Asks before members are changed, naming them, then changes all or none. Too many for one request are changed in batches. */
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
    <Modal opened={opened} onClose={() => onClose(NOBODY)} title={asked && doWords(asked.change, asked.members)}>
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

  const refresh = () => queries.invalidateQueries(showing(slug, "members", "roles", "tenant", "invitations"));
  const submit = useMutation({
    mutationFn: () => send(slug, change, memberIds, roleId ?? ""),
    onSuccess: async () => {
      await refresh();
      notifications.show({ message: doneWords(change, members, role?.name ?? "") });
      onClose(memberIds);
    },
    // The list on this page may be out of date.
    onError: () => queries.invalidateQueries(showing(slug, "members")),
  });
  const batches = useMany({ change, members, roleName: role?.name ?? "", refresh, onClose }, (ids) =>
    send(slug, change, ids, roleId ?? ""),
  );
  const isMany = members.length > MAX_MEMBERS_AT_ONCE;
  const isRunning = submit.isPending || batches.isRunning;

  if (batches.outcome) {
    return (
      <ChangeOutcome
        change={change}
        roleName={role?.name ?? ""}
        total={members.length}
        outcome={batches.outcome}
        progress={batches.isRunning ? batches.done : null}
        goOn={batches.goOn}
        stop={batches.stop}
        close={() => onClose(batches.outcome?.done ?? NOBODY)}
      />
    );
  }
  return (
    <form
      className={formClasses.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRunning || (change === "changeRole" && !roleId)) return;
        if (isMany) batches.start();
        else submit.mutate();
      }}
    >
      <p>{whatHappens(change, one, name)}</p>
      <Names members={members} />
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
      {isMany && !batches.isRunning && (
        <p className={classes.dim}>People are changed {number(MAX_MEMBERS_AT_ONCE)} at a time. You can stop in between.</p>
      )}
      {batches.isRunning && <DoneSoFar done={batches.done} total={members.length} />}
      <FailureNote>{submit.isError && <Reasons error={submit.error} members={members} />}</FailureNote>
      {failureCode(submit.error) === "licences_taken" && <LicencesHelp />}
      <div className={formClasses.actions}>
        <Button
          variant="default"
          onClick={() => (batches.isRunning ? batches.stop() : onClose(NOBODY))}
          data-autofocus={change === "changeRole" ? undefined : true}
        >
          {batches.isRunning ? "Stop" : "Cancel"}
        </Button>
        <Button
          type="submit"
          {...(change === "suspend" || change === "remove" ? { color: "brick" } : {})}
          loading={isRunning}
          disabled={change === "changeRole" && !role}
        >
          {change === "changeRole" && role ? `Give ${whom(members)} the role ${role.name}` : doWords(change, members)}
        </Button>
      </div>
    </form>
  );
}

interface Many extends ChangeProps {
  roleName: string;
  refresh: () => Promise<unknown>;
}

/** Changes more people than one request accepts, and follows the progress. */
function useMany({ change, members, roleName, refresh, onClose }: Many, sendBatch: (memberIds: string[]) => Promise<unknown>) {
  const [done, setDone] = useState(0);
  const [outcome, setOutcome] = useState<Outcome<Member> | null>(null);
  const stopped = useRef(false);
  const isOpen = useRef(true);
  // Closing the dialog stops the change: it must not go on unseen.
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
      stopped.current = true;
    };
  }, []);
  const run = useMutation({
    mutationFn: async (some: readonly Member[]) => {
      stopped.current = false;
      const before = outcome;
      const result = await changeInBatches(some, sendBatch, {
        isGoneDone: change === "remove",
        onProgress: (count) => setDone((before?.done.length ?? 0) + count),
        isStopped: () => stopped.current,
      });
      await refresh();
      return {
        ...result,
        done: [...(before?.done ?? []), ...result.done],
        refused: [...(before?.refused ?? []), ...result.refused],
      };
    },
    onSuccess: (result) => {
      if (result.done.length === members.length) {
        notifications.show({ message: doneWords(change, members, roleName) });
        onClose(result.done);
      } else if (isOpen.current) setOutcome(result);
      else notifications.show({ message: outcomeWords(change, roleName, result.done.length, members.length) });
    },
  });
  return {
    isRunning: run.isPending,
    done,
    outcome,
    start: () => run.mutate(members),
    goOn: () => run.mutate(outcome?.left ?? []),
    stop: () => void (stopped.current = true),
  };
}

/** The names, each with details that tell namesakes apart. */
function Names({ members }: { members: readonly Member[] }) {
  const { dateWords } = useTimes();
  const others = members.length - MAX_NAMED;
  return (
    <ul className={classes.names}>
      {(others > 1 ? members.slice(0, MAX_NAMED) : members).map((member) => (
        <li key={member.memberId} translate="no">
          {member.name}{" "}
          <span className={classes.dim}>
            <Address>{detailsOf(member, dateWords)}</Address>
          </span>
        </li>
      ))}
      {others > 1 && <li>and {counted(others, "other", "others")}</li>}
    </ul>
  );
}

/** The error message, or one reason per person when several can't be changed. */
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
        {fields.slice(0, MAX_NAMED).map(({ path, message }) => (
          <li key={path}>{message}</li>
        ))}
        {fields.length > MAX_NAMED && <li>and {counted(fields.length - MAX_NAMED, "other", "others")}</li>}
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
      return "Takes effect immediately, even in mid-talk.";
    case "suspend":
      return `They can't open ${workspace} until they are reactivated. Takes effect immediately, even in mid-talk. They keep their role.`;
    case "reactivate":
      return `They can open ${workspace} again, with the ${one ? "role" : "roles"} they had.`;
    case "remove":
      return `They lose access to ${workspace} immediately, even in mid-talk, and need a new invitation to come back. Their recordings stay under their name.`;
  }
}

/** Says how many open invitations stop working: an invitation works only while its sender may give its role. */
function lapsingWords(change: MemberChange, one: boolean, count: number): string {
  const invitations = `${count} of their open invitations ${count === 1 ? "stops" : "stop"} working`;
  const resent = `someone else sends ${count === 1 ? "it" : "them"} again`;
  if (change === "suspend") return `${invitations} until ${one ? "they are" : "whoever sent them is"} reactivated or ${resent}.`;
  return `${invitations} until ${resent}.`;
}
