import { Button, Tabs } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, Navigate, useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { type FailureCode, failureCode, words } from "../../api/errors.ts";
import { invitationQuery, joinedQuery } from "./queries.ts";
import { meQuery } from "../accounts/queries.ts";
import { ofPerson } from "../../api/outdated.ts";
import type { Account, InvitationView } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { Address } from "../../ui/address.tsx";
import { FailureNote } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import { useFragmentToken } from "../../ui/use-fragment-token.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";
import { SignInForm } from "../accounts/sign-in-form.tsx";
import { SignUpForm } from "../accounts/sign-up-form.tsx";
import { useSignOut } from "../accounts/use-sign-out.ts";

export function InvitationPage() {
  usePageTitle("Invitation");
  const token = useFragmentToken();
  const invitation = useQuery({ ...invitationQuery(token), retry: false });
  const me = useQuery({ ...meQuery(), retry: false });

  if (invitation.isPending || me.isPending) return <PageLoader />;
  if (invitation.isError) {
    const code = failureCode(invitation.error);
    if (code === "link_used" && me.data) return <Used token={token} />;
    return <Dead code={code} message={words(invitation.error)} />;
  }
  if (me.data) {
    const { account } = me.data;
    return account.email.toLowerCase() === invitation.data.email.toLowerCase() ? (
      <Join token={token} invitation={invitation.data} account={account} />
    ) : (
      <OtherAddress token={token} invitation={invitation.data} account={account} />
    );
  }
  return <SignedOut token={token} invitation={invitation.data} />;
}

interface StateProps {
  token: string;
  invitation: InvitationView;
}

const leadOf = ({ invitedByName, roleName }: InvitationView) => `${invitedByName} invited you as ${roleName}.`;

function useAccept(token: string) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => call(api.POST("/api/v1/invitations/acceptance", { body: { token } })),
    onSuccess: async ({ slug }) => {
      await queries.invalidateQueries(ofPerson());
      await navigate(paths.board(slug), { replace: true });
    },
  });
}

function Join({ token, invitation, account }: StateProps & { account: Account }) {
  const accept = useAccept(token);
  return (
    <AuthFrame
      title={`Join ${invitation.tenantName}`}
      lead={leadOf(invitation)}
      after={
        <>
          Signed in as {account.name}, <Address>{account.email}</Address>
        </>
      }
    >
      <div className={classes.stack}>
        <FailureNote>{accept.isError && words(accept.error)}</FailureNote>
        <Button size="md" loading={accept.isPending} onClick={() => accept.mutate()}>
          Join {invitation.tenantName}
        </Button>
      </div>
    </AuthFrame>
  );
}

function OtherAddress({ token, invitation, account }: StateProps & { account: Account }) {
  const signOut = useSignOut({ next: paths.invitation(token) });
  return (
    <AuthFrame
      title="This invitation is for someone else"
      lead={
        <>
          It invites{" "}
          <strong>
            <Address>{invitation.email}</Address>
          </strong>{" "}
          to {invitation.tenantName}. You're signed in as {account.name},{" "}
          <strong>
            <Address>{account.email}</Address>
          </strong>
          .
        </>
      }
      after={<Link to={paths.home()}>Continue as {account.name}</Link>}
    >
      <div className={classes.stack}>
        <Button size="md" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          Sign out and continue
        </Button>
      </div>
    </AuthFrame>
  );
}

function SignedOut({ token, invitation }: StateProps) {
  const accept = useAccept(token);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [tab, setTab] = useState<string | null>(invitation.hasAccount === true ? "sign-in" : "sign-up");

  async function afterSignUp({ signedIn, email }: { signedIn: boolean; email: string }) {
    if (signedIn) await accept.mutateAsync();
    else await navigate(paths.checkMail(), { state: { email } });
  }

  return (
    <AuthFrame title={`Join ${invitation.tenantName}`} lead={leadOf(invitation)}>
      <div className={classes.stack}>
        <FailureNote>{accept.isError && words(accept.error)}</FailureNote>
        <Tabs value={tab} onChange={setTab} keepMounted={false}>
          <Tabs.List grow>
            <Tabs.Tab value="sign-up">Create account</Tabs.Tab>
            <Tabs.Tab value="sign-in">Sign in</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="sign-up">
            <SignUpForm invitation={{ token, email: invitation.email }} onDone={afterSignUp} />
          </Tabs.Panel>
          <Tabs.Panel value="sign-in">
            <SignInForm
              lockedEmail={invitation.email}
              onSignedIn={async () => {
                await accept.mutateAsync();
                await queries.invalidateQueries(ofPerson());
              }}
            />
          </Tabs.Panel>
        </Tabs>
      </div>
    </AuthFrame>
  );
}

/** A used link: takes the person who joined with it to the workspace. */
function Used({ token }: { token: string }) {
  const joined = useQuery({ ...joinedQuery(token), retry: false });
  if (joined.isPending) return <PageLoader />;
  if (joined.data) return <Navigate to={paths.board(joined.data.slug)} replace />;
  return <Dead code="link_used" message={words(joined.error)} />;
}

const DEAD: Partial<Record<FailureCode, { title: string; next: string }>> = {
  link_expired: { title: "This invitation has expired", next: "Ask the person who invited you to send a new one." },
  link_replaced: {
    title: "A newer mail replaced this link",
    next: "The invitation was sent to you again. Open the link in the newest mail.",
  },
  invitation_lapsed: {
    title: "This invitation doesn't work any more",
    next: "The person who sent it can't invite you any more. Ask an admin of the workspace for a new one.",
  },
  link_used: { title: "This invitation was already used", next: "If you used it, the workspace is in your list." },
  invitation_revoked: { title: "This invitation was withdrawn", next: "Ask the person who invited you." },
  not_found: { title: "This invitation is unknown", next: "Copy the whole link from the mail, or ask for a new one." },
  invalid_input: {
    title: "This link is incomplete",
    next: "Copy the whole link from the mail, from https to the last character.",
  },
};

function Dead({ code, message }: { code: FailureCode | null; message: string }) {
  const known = DEAD[code ?? "internal"];
  return (
    <AuthFrame title={known?.title ?? "The invitation can't be opened"} lead={known?.next ?? message}>
      <div className={classes.stack}>
        <Button component={Link} to={paths.home()} variant="default" size="md">
          {code === "link_used" ? "Go to my workspaces" : "Go to the start page"}
        </Button>
      </div>
    </AuthFrame>
  );
}
