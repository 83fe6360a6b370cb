import { useQuery } from "@tanstack/react-query";
import { Outlet } from "react-router";
import { failureCode } from "../api/errors.ts";
import { OwnSignInPage } from "../errors/OwnSignInPage.tsx";
import { factorsQuery } from "../features/accounts/queries.ts";
import { PageLoader } from "../ui/page-loader.tsx";

/** Wraps the pages of the account. A person who came only through a workspace's single sign-on has not proved the account. */
export function OwnSignInOnly() {
  const factors = useQuery(factorsQuery());
  if (factors.isPending) return <PageLoader />;
  if (failureCode(factors.error) === "account_sign_in_required") return <OwnSignInPage />;
  return <Outlet />;
}
