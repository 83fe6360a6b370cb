import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { meQuery } from "../features/accounts/queries.ts";
import { useSignOut } from "../features/accounts/use-sign-out.ts";
import { words } from "../api/errors.ts";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";
import { paths } from "../paths.ts";
import { Address } from "../ui/address.tsx";
import { FailureNote } from "../ui/failure.tsx";
import { usePageTitle } from "../ui/use-page-title.ts";
import classes from "./kept-out.module.css";

/** Replaces pages that a sign-in through one workspace's provider doesn't open: other workspaces, and the account itself. */
export function OwnSignInPage() {
  usePageTitle("Sign in yourself");
  const { pathname } = useLocation();
  const { data: me } = useQuery(meQuery());
  const signOut = useSignOut({ next: paths.signIn(pathname) });
  return (
    <PlainFrame narrow>
      <h1>This needs your own sign-in</h1>
      <div className={classes.stack}>
        <p>
          You signed in through a workspace&apos;s single sign-on, which opens only that workspace. For this page, sign in with
          your own password or passkey.
        </p>
        <p>
          No password yet? <Link to={paths.forgotPassword()}>Have a link mailed</Link>
          {me && (
            <>
              {" "}
              to <Address>{me.account.email}</Address>
            </>
          )}{" "}
          and choose one.
        </p>
        <FailureNote>{signOut.isError && words(signOut.error)}</FailureNote>
        <div className={classes.actions}>
          <Button loading={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign in yourself
          </Button>
          <Button component={Link} to={paths.home()} variant="default">
            Back to my workspace
          </Button>
        </div>
      </div>
    </PlainFrame>
  );
}
