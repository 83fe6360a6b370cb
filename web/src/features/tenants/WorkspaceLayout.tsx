import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Navigate, Outlet, useLocation, useNavigate, useParams } from "react-router";
import { failureCode } from "../../api/errors.ts";
import { keys, tenantQuery } from "../../api/queries.ts";
import { moved, paths } from "../../paths.ts";
import { PageFailure } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import { VoiceProvider } from "../../voice/voice-provider.tsx";
import { PlayerProvider } from "../recordings/player.tsx";
import { rememberWorkspace } from "./last-workspace.ts";
import { SuspendedPage } from "../members/SuspendedPage.tsx";
import { NotFoundPage } from "./NotFoundPage.tsx";
import { PlainFrame } from "./plain-frame.tsx";
import { TenantContext } from "./tenant-context.ts";
import { WorkspaceFrame } from "./workspace-frame.tsx";

/** Everything below `/{slug}`: who may be here, and one voice connection for all its pages. */
export function WorkspaceLayout() {
  const { slug = "" } = useParams();
  const { pathname, search, hash } = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const tenant = useQuery({ ...tenantQuery(slug), retry: (count, error) => failureCode(error) === "unreachable" && count < 3 });

  const code = tenant.isError ? failureCode(tenant.error) : null;

  useEffect(() => {
    // It was deleted, or one was removed: the list of workspaces that the switcher shows is old.
    if (code === "not_found") void queries.invalidateQueries({ queryKey: keys.me });
  }, [queries, code]);

  useEffect(() => {
    if (tenant.data) rememberWorkspace(tenant.data.slug);
  }, [tenant.data]);

  const current = tenant.data?.slug;
  useEffect(() => {
    if (current === undefined || current === slug) return;
    // It moved: the same page at its new address, with what is loaded already, so that nothing blinks and no talk ends.
    queries.setQueryData(keys.tenant(current), tenant.data);
    void queries.invalidateQueries({ queryKey: keys.me });
    void navigate(moved(pathname, current) + search + hash, { replace: true });
  }, [current, slug, tenant.data, pathname, search, hash, navigate, queries]);

  if (code === "not_signed_in") return <Navigate to={paths.signIn(pathname)} replace />;
  if (code === "not_found") return <NotFoundPage />;
  // Also while it is open: its voice connection was closed, and nothing on it can be done any more.
  if (code === "suspended") return <SuspendedPage retry={() => void tenant.refetch()} />;
  if (tenant.isPending) return <PageLoader />;
  // A workspace that is open stays open when a later fetch fails: the connection says what is wrong.
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
