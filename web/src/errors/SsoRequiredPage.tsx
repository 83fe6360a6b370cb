import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "react-router";
import { meQuery } from "../features/accounts/queries.ts";
import { useSignOut } from "../features/accounts/use-sign-out.ts";
import { ssoOptionsQuery } from "../features/sso/queries.ts";
import { SsoOptions } from "../features/sso/sso-options.tsx";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";
import { paths } from "../paths.ts";
import { Address } from "../ui/address.tsx";
import { LoadFailure } from "../ui/failure.tsx";
import { usePageTitle } from "../ui/use-page-title.ts";
import classes from "./kept-out.module.css";

/** Replaces the whole workspace for a member who must come through its single sign-on, or whose sign-in through it has ended. */
export function SsoRequiredPage({ retry }: { retry: () => void }) {
  usePageTitle("Single sign-on");
  const { pathname } = useLocation();
  const { data: me } = useQuery(meQuery());
  const email = me?.account.email;
  const options = useQuery({ ...ssoOptionsQuery(email ?? ""), enabled: email !== undefined });
  const signOut = useSignOut({ next: paths.signIn(pathname) });
  return (
    <PlainFrame narrow>
      <h1>Sign in with your company</h1>
      <div className={classes.stack}>
        <p>
          This workspace requires single sign-on. If you used it before, that sign-in has ended. Your other workspaces are open to
          you as before.
        </p>
        {options.isError && <LoadFailure error={options.error} retry={() => void options.refetch()} />}
        {options.data && <SsoOptions items={options.data.items} back={pathname} />}
        {options.data?.items.length === 0 && email !== undefined && (
          <p>
            whoot knows no identity provider for <Address>{email}</Address>. Start at the tile in your company&apos;s portal, or
            ask an admin of the workspace for the address of its sign-in page.
          </p>
        )}
        <div className={classes.actions}>
          <Button variant="subtle" onClick={retry}>
            Try again
          </Button>
          <Button variant="subtle" loading={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign in as somebody else
          </Button>
        </div>
      </div>
    </PlainFrame>
  );
}
