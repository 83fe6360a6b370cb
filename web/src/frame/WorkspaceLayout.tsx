import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Navigate, Outlet, useLocation, useNavigate, useParams } from "react-router";
import { failureCode } from "../api/errors.ts";
import { tenantQuery } from "../features/tenants/queries.ts";
import { ofPerson } from "../api/outdated.ts";
import { moved, paths } from "../paths.ts";
import { PageFailure } from "../ui/failure.tsx";
import { PageLoader } from "../ui/page-loader.tsx";
import { VoiceProvider } from "../voice/voice-provider.tsx";
import { PlayerProvider } from "../features/recordings/player.tsx";
import { rememberWorkspace } from "../features/my-tenants/last-workspace.ts";
import { MfaRequiredPage } from "../errors/MfaRequiredPage.tsx";
import { SessionExpiredPage } from "../errors/SessionExpiredPage.tsx";
import { OwnSignInPage } from "../errors/OwnSignInPage.tsx";
import { SsoRequiredPage } from "../errors/SsoRequiredPage.tsx";
import { SuspendedPage } from "../errors/SuspendedPage.tsx";
import { NotFoundPage } from "../errors/NotFoundPage.tsx";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";
import { TenantContext } from "../features/tenants/tenant-context.ts";
import { WorkspaceFrame } from "./workspace-frame.tsx";

/** These pages hold forms and recovery codes, which a fetch would take off the page while the person looks up a code elsewhere. */
const showsNoForm = ({ state: { error } }: { state: { error: Error | null } }) =>
  !["mfa_required", "session_expired_here"].includes(failureCode(error) ?? "");

/** Everything below `/{slug}`: checks that the person may enter, and holds one voice connection for all pages. */
export function WorkspaceLayout() {
  const { slug = "" } = useParams();
  const { pathname, search, hash } = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const tenant = useQuery({
    ...tenantQuery(slug),
    retry: (count, error) => failureCode(error) === "unreachable" && count < 3,
    refetchOnWindowFocus: showsNoForm,
    refetchOnReconnect: showsNoForm,
  });

  const code = tenant.isError ? failureCode(tenant.error) : null;

  useEffect(() => {
    // The workspace was deleted, or the person was removed: the switcher's list of workspaces is out of date.
    if (code === "not_found") void queries.invalidateQueries(ofPerson());
  }, [queries, code]);

  useEffect(() => {
    if (tenant.data) rememberWorkspace(tenant.data.slug);
  }, [tenant.data]);

  const current = tenant.data?.slug;
  useEffect(() => {
    if (current === undefined || current === slug) return;
    // The workspace moved: show the same page at the new address with the loaded data, so nothing flickers and no talk ends.
    queries.setQueryData(tenantQuery(current).queryKey, tenant.data);
    void queries.invalidateQueries(ofPerson());
    void navigate(moved(pathname, current) + search + hash, { replace: true });
  }, [current, slug, tenant.data, pathname, search, hash, navigate, queries]);

  if (code === "not_signed_in") return <Navigate to={paths.signIn(pathname)} replace />;
  if (code === "not_found") return <NotFoundPage />;
  // Replaces an open workspace too: its voice connection was closed, and every action would be refused.
  if (code === "suspended") return <SuspendedPage retry={() => void tenant.refetch()} />;
  if (code === "mfa_required") return <MfaRequiredPage retry={() => void tenant.refetch()} />;
  if (code === "session_expired_here") return <SessionExpiredPage error={tenant.error} retry={() => void tenant.refetch()} />;
  if (code === "sso_required") return <SsoRequiredPage retry={() => void tenant.refetch()} />;
  if (code === "account_sign_in_required") return <OwnSignInPage />;
  if (tenant.isPending) return <PageLoader />;
  // An open workspace stays open when a later fetch fails: the connection notes say what is wrong.
  if (!tenant.data) {
    return (
      <PlainFrame>
        <PageFailure error={tenant.error} retry={() => void tenant.refetch()} />
      </PlainFrame>
    );
  }

  const { memberId } = tenant.data.self;
  return (
    <TenantContext value={tenant.data}>
      <VoiceProvider key={memberId} slug={tenant.data.slug} memberId={memberId}>
        <PlayerProvider>
          <WorkspaceFrame>
            <Outlet />
          </WorkspaceFrame>
        </PlayerProvider>
      </VoiceProvider>
    </TenantContext>
  );
}
