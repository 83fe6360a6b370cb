import type { RouteObject } from "react-router";
import { CheckMailPage } from "./features/accounts/CheckMailPage.tsx";
import { HomePage } from "./features/accounts/HomePage.tsx";
import { OutboxPage } from "./features/accounts/OutboxPage.tsx";
import { SignedInOnly } from "./features/accounts/SignedInOnly.tsx";
import { SignedOutOnly } from "./features/accounts/SignedOutOnly.tsx";
import { SignInPage } from "./features/accounts/SignInPage.tsx";
import { SignUpPage } from "./features/accounts/SignUpPage.tsx";
import { VerifyPage } from "./features/accounts/VerifyPage.tsx";
import { DeletionPage } from "./features/deletions/DeletionPage.tsx";
import { InvitationPage } from "./features/invitations/InvitationPage.tsx";
import { BareCrashPage, CrashPage, CrashedPart } from "./features/tenants/CrashPage.tsx";
import { NewWorkspacePage } from "./features/tenants/NewWorkspacePage.tsx";
import { NotHerePage } from "./features/tenants/NotHerePage.tsx";
import { WorkspacesPage } from "./features/tenants/WorkspacesPage.tsx";
import { PageFocus } from "./ui/page-focus.tsx";
import { PageLoader } from "./ui/page-loader.tsx";

/** The workspace with its audio is most of the app: the pages before it come without it. */
const workspace = () => import("./workspace-pages.ts");

/** One of them that breaks leaves what is around it as it is: its workspace's voices above all. */
function framed(children: RouteObject[]): RouteObject[] {
  return [{ errorElement: <CrashedPart />, children }];
}

/** The addresses are built in paths.ts. Whatever is none of these is a workspace's, which may not exist. */
const pages: RouteObject[] = [
  {
    errorElement: <CrashPage />,
    hydrateFallbackElement: <PageLoader />,
    children: [
      { path: "/", element: <HomePage /> },
      {
        element: <SignedOutOnly />,
        children: [
          { path: "/sign-in", element: <SignInPage /> },
          { path: "/sign-up", element: <SignUpPage /> },
        ],
      },
      { path: "/check-mail", element: <CheckMailPage /> },
      { path: "/verify", element: <VerifyPage /> },
      { path: "/invitation", element: <InvitationPage /> },
      { path: "/deletion", element: <DeletionPage /> },
      { path: "/outbox", element: <OutboxPage /> },
      {
        element: <SignedInOnly />,
        children: [
          { path: "/new-workspace", element: <NewWorkspacePage /> },
          { path: "/workspaces", element: <WorkspacesPage /> },
        ],
      },
      {
        path: "/:slug",
        lazy: async () => ({ Component: (await workspace()).WorkspaceLayout }),
        children: framed([
          {
            lazy: async () => ({ Component: (await workspace()).BoardPage }),
            children: [
              { index: true, element: null },
              ...framed([{ path: "channels/:channelId", lazy: async () => ({ Component: (await workspace()).ChannelPage }) }]),
            ],
          },
          { path: "people", lazy: async () => ({ Component: (await workspace()).PeoplePage }) },
          {
            path: "settings",
            lazy: async () => ({ Component: (await workspace()).SettingsLayout }),
            children: framed([
              { index: true, lazy: async () => ({ Component: (await workspace()).GeneralSettingsPage }) },
              { path: "roles", lazy: async () => ({ Component: (await workspace()).RolesPage }) },
              { path: "roles/new", lazy: async () => ({ Component: (await workspace()).NewRolePage }) },
              { path: "roles/:roleId", lazy: async () => ({ Component: (await workspace()).RolePage }) },
              { path: "audit-log", lazy: async () => ({ Component: (await workspace()).AuditLogPage }) },
              { path: "access-reviews", lazy: async () => ({ Component: (await workspace()).AccessReviewsPage }) },
              { path: "access-reviews/:reviewId", lazy: async () => ({ Component: (await workspace()).AccessReviewPage }) },
            ]),
          },
          {
            path: "settings/access-reviews/:reviewId/report",
            lazy: async () => ({ Component: (await workspace()).AccessReviewReportPage }),
          },
          { path: "*", element: <NotHerePage /> },
        ]),
      },
    ],
  },
];

/** A page that breaks leaves the switcher standing; should the switcher be what broke, a bare page is left. */
export const routes: RouteObject[] = [{ element: <PageFocus />, errorElement: <BareCrashPage />, children: pages }];
