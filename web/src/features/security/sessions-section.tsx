import { ABSOLUTE_MINUTES, IDLE_MINUTES } from "#contract/http/member-sessions.ts";
import { Button, Select, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import { counted } from "../../ui/counted.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import settings from "../tenants/settings.module.css";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { MemberSessions } from "./member-sessions.tsx";
import { sessionLimitsQuery } from "./session-queries.ts";
import classes from "./security.module.css";

const HOUR = 60;
const DAY = 24 * HOUR;
const IDLE = [IDLE_MINUTES.min, 30, HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 7 * DAY, IDLE_MINUTES.max];
const ABSOLUTE = [ABSOLUTE_MINUTES.min, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, ABSOLUTE_MINUTES.max];

function lengthOf(minutes: number): string {
  if (minutes % DAY === 0) return counted(minutes / DAY, "day", "days");
  if (minutes % HOUR === 0) return counted(minutes / HOUR, "hour", "hours");
  return counted(minutes, "minute", "minutes");
}

/** @param now the present value, which the API may have set to something between the choices */
const choices = (offered: readonly number[], now: number) =>
  [...new Set([...offered, now])].sort((a, b) => a - b).map((minutes) => ({ value: String(minutes), label: lengthOf(minutes) }));

/** How long sessions last in the workspace, and who has one. */
export function SessionsSection() {
  const { slug } = useTenant();
  const limits = useQuery(sessionLimitsQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      <p className={settings.hint}>
        After these times a member must confirm that it&apos;s them to enter this workspace again. Their other workspaces stay as
        they are.
      </p>
      {limits.isPending && <Skeleton height={120} radius="md" />}
      {limits.isError && !limits.data && <LoadFailure error={limits.error} retry={() => void limits.refetch()} />}
      {limits.data && (
        <>
          <LimitsForm saved={limits.data} canSet={limits.data.can.set} />
          {limits.data.can.seeSessions && <MemberSessions />}
        </>
      )}
    </section>
  );
}

interface Limits {
  idleMinutes: number;
  absoluteMinutes: number;
}

function LimitsForm({ saved, canSet }: { saved: Limits; canSet: boolean }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  /** What was chosen since the last save. */
  const [chosen, choose] = useState<Partial<Limits>>({});
  const { idleMinutes, absoluteMinutes } = { ...saved, ...chosen };
  const save = useMutation({
    mutationFn: () =>
      confirmed(() =>
        call(
          api.PUT("/api/v1/tenants/{slug}/security/session-limits", {
            params: { path: { slug } },
            body: { idleMinutes, absoluteMinutes },
          }),
        ),
      ),
    onSuccess: async (limits) => {
      queries.setQueryData(sessionLimitsQuery(slug).queryKey, limits);
      choose({});
      await queries.invalidateQueries(showing(slug, "sessions", "auditLog"));
    },
  });
  const changed = idleMinutes !== saved.idleMinutes || absoluteMinutes !== saved.absoluteMinutes;
  return (
    <form
      className={classes.limitsForm}
      aria-label="How long sessions last"
      data-unsaved={changed && !save.isPending}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className={classes.limits}>
        <Select
          label="Without use"
          description="An open page that is connected counts as use."
          data={choices(IDLE, saved.idleMinutes)}
          value={String(idleMinutes)}
          disabled={!canSet}
          onChange={(value) => choose({ ...chosen, idleMinutes: Number(value ?? idleMinutes) })}
        />
        <Select
          label="Since signing in"
          description="However much it is used. Talks in progress end."
          data={choices(ABSOLUTE, saved.absoluteMinutes)}
          value={String(absoluteMinutes)}
          disabled={!canSet}
          onChange={(value) => choose({ ...chosen, absoluteMinutes: Number(value ?? absoluteMinutes) })}
        />
      </div>
      {!canSet && <p>Your role doesn&apos;t let you change this. Ask an admin.</p>}
      <FailureNote>{save.isError && words(save.error)}</FailureNote>
      {canSet && (
        <div className={classes.actions}>
          <p role="status">{save.isSuccess && !changed && "Saved for everyone."}</p>
          <Button type="submit" disabled={!changed} loading={save.isPending}>
            Save limits
          </Button>
        </div>
      )}
      {dialog}
    </form>
  );
}
