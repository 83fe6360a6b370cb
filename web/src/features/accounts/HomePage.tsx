import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { failureCode } from "../../api/errors.ts";
import { meQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { PageFailure } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import { lastWorkspace } from "../tenants/last-workspace.ts";
import { PlainFrame } from "../tenants/plain-frame.tsx";
import { SignInPage } from "./SignInPage.tsx";

/** Signed out: sign in. Signed in: the workspace that was used last, or the first one to create. */
export function HomePage() {
  const me = useQuery(meQuery());
  if (me.isPending) return <PageLoader />;
  if (me.isError) {
    if (failureCode(me.error) === "not_signed_in") return <SignInPage />;
    return (
      <PlainFrame>
        <PageFailure error={me.error} retry={() => void me.refetch()} />
      </PlainFrame>
    );
  }
  const last = lastWorkspace();
  const target = me.data.tenants.find(({ slug }) => slug === last) ?? me.data.tenants[0];
  return <Navigate to={target ? paths.board(target.slug) : paths.newWorkspace()} replace />;
}
