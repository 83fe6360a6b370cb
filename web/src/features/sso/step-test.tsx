import { Button, VisuallyHidden } from "@mantine/core";
import { IconExternalLink, IconInfoCircle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { SsoConnection, SsoReport } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { people } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import { fromNow } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { CopyField } from "../security/copy-field.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { goToProviderInWindow } from "./go-to-provider.ts";
import { useWindowResult } from "./window-result.ts";
import { SsoReportView } from "./sso-report.tsx";
import { stepWords } from "./steps.ts";
import classes from "./sso.module.css";
import { useSaveConnection } from "./use-save-connection.ts";

/** Tests the whole way to the provider and back without signing anybody in, and switches the connection on and off. */
export function StepTest({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const { fullTime } = useTimes();
  const queries = useQueryClient();
  const { connectionId, name, ready, testedAt, enabled } = connection;
  const [report, setReport] = useState<SsoReport | null>(null);
  const test = useMutation({
    mutationFn: () =>
      goToProviderInWindow(
        () =>
          call(
            api.POST("/api/v1/tenants/{slug}/sso/connections/{connectionId}/test", { params: { path: { slug, connectionId } } }),
          ),
        paths.ssoConnection(slug, connectionId, "test"),
      ),
    onMutate: () => setReport(null),
  });
  const waiting = test.data === true && report === null;
  useWindowResult(waiting, (result) => {
    if (result.what !== "tested" || result.report.connectionId !== connectionId) return false;
    setReport(result.report);
    void queries.invalidateQueries(showing(slug, "sso"));
    return true;
  });
  const unfinished = ready ? null : "The provider's details are missing. Enter them first.";
  return (
    <>
      <section className={classes.card} aria-labelledby="step">
        <h2 id="step">{stepWords("test", connection)}</h2>
        <p>
          The test goes to the provider in a window of its own, with your account there. It signs nobody in and shows what the
          provider sent, or exactly what is wrong.
        </p>
        <p className={classes.hint}>
          {!ready && (
            <>
              The provider&apos;s details are missing.{" "}
              <Link to={paths.ssoConnection(slug, connectionId, "here")}>Enter them</Link> first.
            </>
          )}
          {ready && testedAt === null && "No test has succeeded since the connection was last changed."}
          {ready && testedAt !== null && (
            <>
              The last test that succeeded: <span title={fullTime(testedAt)}>{fromNow(testedAt)}</span>.
            </>
          )}
        </p>
        <FailureNote>{test.isError && words(test.error)}</FailureNote>
        <div>
          <WithReason reason={unfinished}>
            <Button
              variant={testedAt === null ? "filled" : "default"}
              leftSection={<IconExternalLink size={18} />}
              loading={test.isPending}
              onClick={() => test.mutate()}
            >
              {waiting || report !== null ? "Test again" : `Test ${name}`}
            </Button>
          </WithReason>
        </div>
        <div role="status">
          {waiting && (
            <Note tone="plain" icon={<IconInfoCircle size={18} aria-hidden />} title="Sign in in the other window">
              The result appears here. If no window opened, your browser blocked it: test again and allow the window.
            </Note>
          )}
          {report?.refusal === null && <VisuallyHidden>The test succeeded.</VisuallyHidden>}
        </div>
        {report && <SsoReportView report={report} />}
      </section>
      {enabled ? <SwitchOff connection={connection} /> : <SwitchOn connection={connection} />}
    </>
  );
}

function SwitchOn({ connection }: { connection: SsoConnection }) {
  const { name, testedAt } = connection;
  const { save, dialog } = useSaveConnection(connection);
  const change = useMutation({ mutationFn: () => save({ enabled: true }) });
  return (
    <section className={classes.card} aria-labelledby="switch">
      <h2 id="switch">Switch it on</h2>
      <p>
        {connection.joining === "invited"
          ? "Members and invited people can then sign in through it."
          : "Members, invited people and whoever has an address on a verified domain can then sign in through it."}{" "}
        Their passwords still work until single sign-on is required.
      </p>
      <FailureNote>{change.isError && words(change.error)}</FailureNote>
      <div className={classes.actions}>
        <WithReason
          reason={
            testedAt === null
              ? "Test the connection first. You yourself must have tested it successfully within the last hour."
              : null
          }
        >
          <Button loading={change.isPending} onClick={() => change.mutate()}>
            Switch on {name}
          </Button>
        </WithReason>
      </div>
      {dialog}
    </section>
  );
}

function SwitchOff({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const { name, whoot } = connection;
  const { save, dialog } = useSaveConnection(connection);
  const change = useMutation({ mutationFn: () => save({ enabled: false }) });
  return (
    <section className={classes.card} aria-labelledby="switch">
      <h2 id="switch">{name} is switched on</h2>
      <p>
        People find it on the sign-in page once they have entered an address on a verified domain. Everybody else starts at this
        address, which you can also give to the provider as the target of its tile:
      </p>
      <dl className={classes.fields}>
        <CopyField label="Sign-in page" value={whoot.signInUrl} owner={name} />
      </dl>
      <p className={classes.hint}>
        People who are deactivated at the provider lose access when their sign-in ends. You set how long a sign-in lasts{" "}
        <Link to={paths.settingsSecurity(slug)}>with the policy</Link>.
      </p>
      <FailureNote>{change.isError && words(change.error)}</FailureNote>
      <div className={classes.actions}>
        <p className={classes.hint}>
          {connection.people === 0
            ? "Nobody has signed in through it yet."
            : `${people(connection.people)} signed in through it. If you switch it off, they must sign in another way.`}
        </p>
        <Button variant="default" loading={change.isPending} onClick={() => change.mutate()}>
          Switch off {name}
        </Button>
      </div>
      {dialog}
    </section>
  );
}
