import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useSearchParams } from "react-router";
import { meQuery } from "../features/accounts/queries.ts";
import { paths, safeNext } from "../paths.ts";

/** Wraps sign-in and sign-up: sends a person who is signed in to `next` or the start page. */
export function SignedOutOnly() {
  const [query] = useSearchParams();
  // Always fetched: a page that found the session ended sends people here, and an older answer would send them back.
  const me = useQuery({ ...meQuery(), retry: false, refetchOnMount: "always" });
  if (me.isSuccess && me.isFetchedAfterMount) return <Navigate to={safeNext(query.get("next")) ?? paths.home()} replace />;
  return <Outlet />;
}
