/** The page after the way back from an identity provider: signed in, joined, confirmed, tested, or refused. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import type { operations } from "../../api/schema.d.ts";
import type { SsoOutcome } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { PageLoader } from "../../ui/page-loader.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";
import { PlainFrame } from "../page-frames/plain-frame.tsx";
import { meQuery } from "../accounts/queries.ts";
import { useMeIfSignedIn } from "../accounts/use-me-if-signed-in.ts";
import { takeReturnPage } from "./go-to-provider.ts";
import { sendResult } from "./window-result.ts";
import ssoClasses from "./sso.module.css";
import { SsoReportView } from "./sso-report.tsx";

export type Answer = NonNullable<operations["finishSso"]["requestBody"]>["content"]["application/json"];

/** An outcome. If another page has not taken it, this page shows it. */
type Shown = { outcome: SsoOutcome; taken: boolean };

/** @param answer the provider's answer in the address; null if there is none */
export function Finishing({ answer }: { answer: Answer | null }) {
  usePageTitle("Single sign-on");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [shown, setShown] = useState<Shown | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const sent = useRef(false);

  useEffect(() => {
    // An answer works once, and effects run twice in development.
    if (sent.current || answer === null) return;
    sent.current = true;

    async function finish(body: Answer) {
      const outcome = await call(api.POST("/api/v1/sso/finish", { body }));
      if (outcome.outcome === "signed_in") {
        queries.removeQueries({ type: "inactive" });
        await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
        return navigate(takeReturnPage(outcome.slug), { replace: true });
      }
      let taken = false;
      if (outcome.outcome === "tested") taken = await sendResult({ what: "tested", slug: outcome.slug, report: outcome.report });
      if (outcome.outcome === "confirmed") {
        taken = await sendResult({ what: "confirmed", slug: outcome.slug });
        // The browser blocked the window, so this tab went to the provider. It returns to the page that asked for the confirmation.
        if (!taken) return navigate(takeReturnPage(outcome.slug), { replace: true });
      }
      // Works only in a window that whoot opened, and not in every browser.
      if (taken) window.close();
      setShown({ outcome, taken });
    }
    finish(answer).catch(setFailure);
  }, [answer, navigate, queries]);

  if (answer === null) return <Refused title="There is nothing to finish here">Start the sign-in again.</Refused>;
  if (failure !== null) return <Failed failure={failure} />;
  if (shown === null) return <PageLoader />;
  return <Outcome {...shown} />;
}

function Outcome({ outcome, taken }: Shown) {
  if (outcome.outcome === "tested") {
    const { slug, report } = outcome;
    const back = (
      <Button component={Link} to={paths.ssoConnection(slug, report.connectionId, "test")} variant="default">
        Back to the set-up
      </Button>
    );
    if (taken) {
      return (
        <AuthFrame
          title="The test is done"
          lead="You can close this window. The result is on the page from which you started it."
        >
          <div className={classes.stack}>{back}</div>
        </AuthFrame>
      );
    }
    return (
      <PlainFrame>
        <h1>{report.refusal === null ? "The test succeeded" : "The test failed"}</h1>
        <div className={ssoClasses.report}>
          <SsoReportView report={report} />
        </div>
        {back}
      </PlainFrame>
    );
  }
  if (outcome.outcome === "linked") {
    return (
      <AuthFrame title="Your account is joined" lead="From now on you can also enter this workspace through single sign-on.">
        <div className={classes.stack}>
          <Button component={Link} to={paths.board(outcome.slug)} size="md">
            Go to the workspace
          </Button>
        </div>
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title="Confirmed" lead="You can close this window, and go on where you were.">
      <div className={classes.stack}>
        <Button component={Link} to={paths.board(outcome.slug)} variant="default" size="md">
          Go to the workspace
        </Button>
      </div>
    </AuthFrame>
  );
}

function Failed({ failure }: { failure: unknown }) {
  const code = failureCode(failure);
  if (code === "sso_expired") return <Refused title="This sign-in is over">{words(failure)}</Refused>;
  if (code === "invalid_input") {
    return <Refused title="This sign-in is incomplete">The identity provider&apos;s answer is damaged. Start again.</Refused>;
  }
  if (code !== "sso_refused") return <Refused title="You weren't signed in">{words(failure)}</Refused>;
  return (
    <Refused title="The sign-in was refused" after="If you can't change that yourself, show this to an admin of the workspace.">
      {words(failure)}
    </Refused>
  );
}

interface RefusedProps {
  title: string;
  children: React.ReactNode;
  after?: string;
}

/** Shows a refusal, and how to go on. */
export function Refused({ title, children, after }: RefusedProps) {
  const me = useMeIfSignedIn();
  return (
    <AuthFrame title={title} lead={children} after={after}>
      <div className={classes.stack}>
        <Button component={Link} to={me ? paths.home() : paths.signIn()} size="md">
          {me ? "Go to my workspaces" : "Go to the sign-in page"}
        </Button>
      </div>
    </AuthFrame>
  );
}
