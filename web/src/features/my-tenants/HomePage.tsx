import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { failureCode } from "../../api/errors.ts";
import { meQuery } from "../accounts/queries.ts";
import { paths } from "../../paths.ts";
import { PageFailure } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import { lastWorkspace } from "./last-workspace.ts";
import { PlainFrame } from "../page-frames/plain-frame.tsx";
import { SignInPage } from "../accounts/SignInPage.tsx";

/** Shows sign-in to people who are signed out. Sends others to their last workspace, or to create their first one. */
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
