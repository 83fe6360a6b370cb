import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useSearchParams } from "react-router";
import { meQuery } from "../../api/queries.ts";
import { paths, safeNext } from "../../paths.ts";

/** Around signing in and up: whoever is signed in, or has just done it, goes on to where they were going. */
export function SignedOutOnly() {
  const [query] = useSearchParams();
  // Asked afresh: a page that found the session ended leads here, and must not be led back on an older answer.
  const me = useQuery({ ...meQuery(), retry: false, refetchOnMount: "always" });
  if (me.isSuccess && me.isFetchedAfterMount) return <Navigate to={safeNext(query.get("next")) ?? paths.home()} replace />;
  return <Outlet />;
}
