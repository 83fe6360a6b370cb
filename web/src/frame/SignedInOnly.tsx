import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "react-router";
import { failureCode } from "../api/errors.ts";
import { meQuery } from "../features/accounts/queries.ts";
import { paths } from "../paths.ts";
import { LoadFailure } from "../ui/failure.tsx";
import { PageLoader } from "../ui/page-loader.tsx";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";

export function SignedInOnly() {
  const { pathname } = useLocation();
  const me = useQuery(meQuery());
  if (me.data) return <Outlet />;
  if (failureCode(me.error) === "not_signed_in") return <Navigate to={paths.signIn(pathname)} replace />;
  return (
    <PlainFrame>{me.isPending ? <PageLoader /> : <LoadFailure error={me.error} retry={() => void me.refetch()} />}</PlainFrame>
  );
}
