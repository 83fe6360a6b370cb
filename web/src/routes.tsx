import type { RouteObject } from "react-router";
import { AccountPage } from "./features/accounts/AccountPage.tsx";
import { CheckMailPage } from "./features/accounts/CheckMailPage.tsx";
import { MfaResetPage } from "./features/accounts/MfaResetPage.tsx";
import { EmailChangePage } from "./features/accounts/EmailChangePage.tsx";
import { ForgotPasswordPage } from "./features/accounts/ForgotPasswordPage.tsx";
import { HomePage } from "./features/my-tenants/HomePage.tsx";
import { OutboxPage } from "./features/system/OutboxPage.tsx";
import { ResetPasswordPage } from "./features/accounts/ResetPasswordPage.tsx";
import { OwnSignInOnly } from "./frame/OwnSignInOnly.tsx";
import { SignedInOnly } from "./frame/SignedInOnly.tsx";
import { SignedOutOnly } from "./frame/SignedOutOnly.tsx";
import { SignInPage } from "./features/accounts/SignInPage.tsx";
import { SignUpPage } from "./features/accounts/SignUpPage.tsx";
import { VerifyPage } from "./features/accounts/VerifyPage.tsx";
import { DeletionPage } from "./features/deletions/DeletionPage.tsx";
import { InvitationPage } from "./features/invitations/InvitationPage.tsx";
import { BareCrashPage, CrashPage, CrashedPart } from "./errors/CrashPage.tsx";
import { NewWorkspacePage } from "./features/tenants/NewWorkspacePage.tsx";
import { NotHerePage } from "./errors/NotHerePage.tsx";
import { SsoCallbackPage } from "./features/sso/SsoCallbackPage.tsx";
import { SsoFailedPage } from "./features/sso/SsoFailedPage.tsx";
import { SsoFinishPage } from "./features/sso/SsoFinishPage.tsx";
import { SsoStartPage } from "./features/sso/SsoStartPage.tsx";
import { WorkspacesPage } from "./features/my-tenants/WorkspacesPage.tsx";
import { paths } from "./paths.ts";
import { loadPart } from "./ui/missing-part.ts";
import { PageFocus } from "./ui/page-focus.tsx";
import { PageLoader } from "./ui/page-loader.tsx";

/** The workspace with its audio is most of the app's code, so the pages before it load without it. */
const workspace = () => loadPart(() => import("./workspace-pages.ts"));
const settings = () => loadPart(() => import("./settings-pages.ts"));

/** A page that crashes is replaced alone: the frame around it stays, and so does the workspace's audio. */
function framed(children: RouteObject[]): RouteObject[] {
  return [{ errorElement: <CrashedPart />, children }];
}

/** Addresses are built in paths.ts. Any other first segment is taken for the slug of a workspace, which may not exist. */
const pages: RouteObject[] = [
  {
    errorElement: <CrashPage />,
    hydrateFallbackElement: <PageLoader />,
    children: [
      { path: paths.home(), element: <HomePage /> },
      {
        element: <SignedOutOnly />,
        children: [
          { path: paths.signIn(), element: <SignInPage /> },
          { path: paths.signUp(), element: <SignUpPage /> },
        ],
      },
      { path: paths.checkMail(), element: <CheckMailPage /> },
      { path: paths.verify(), element: <VerifyPage /> },
      { path: paths.forgotPassword(), element: <ForgotPasswordPage /> },
      { path: paths.resetPassword(), element: <ResetPasswordPage /> },
      { path: paths.emailChange(), element: <EmailChangePage /> },
      { path: paths.mfaReset(), element: <MfaResetPage /> },
      { path: paths.invitation(), element: <InvitationPage /> },
      { path: paths.deletion(), element: <DeletionPage /> },
      { path: paths.ssoFinish(), element: <SsoFinishPage /> },
      { path: paths.ssoFailed(), element: <SsoFailedPage /> },
      { path: "/sso/callback/:connectionId", element: <SsoCallbackPage /> },
      { path: "/sso/:connectionId", element: <SsoStartPage /> },
      { path: paths.outbox(), element: <OutboxPage /> },
      {
        element: <SignedInOnly />,
        children: [
          {
            element: <OwnSignInOnly />,
            children: [
              { path: paths.account(), element: <AccountPage /> },
              { path: paths.newWorkspace(), element: <NewWorkspacePage /> },
            ],
          },
          { path: paths.workspaces(), element: <WorkspacesPage /> },
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
            lazy: async () => ({ Component: (await settings()).SettingsLayout }),
            children: framed([
              { index: true, lazy: async () => ({ Component: (await settings()).GeneralSettingsPage }) },
              { path: "members", lazy: async () => ({ Component: (await workspace()).MembersSettingsPage }) },
              { path: "roles", lazy: async () => ({ Component: (await settings()).RolesPage }) },
              { path: "roles/new", lazy: async () => ({ Component: (await settings()).NewRolePage }) },
              { path: "roles/:roleId", lazy: async () => ({ Component: (await settings()).RolePage }) },
              { path: "security", lazy: async () => ({ Component: (await settings()).SecurityPage }) },
              { path: "security/sso/new", lazy: async () => ({ Component: (await settings()).NewSsoConnectionPage }) },
              {
                path: "security/sso/:connectionId/:step?",
                lazy: async () => ({ Component: (await settings()).SsoConnectionPage }),
              },
              { path: "billing", lazy: async () => ({ Component: (await settings()).BillingPage }) },
              { path: "audit-log", lazy: async () => ({ Component: (await settings()).AuditLogPage }) },
              { path: "access-reviews", lazy: async () => ({ Component: (await settings()).AccessReviewsPage }) },
              { path: "access-reviews/:reviewId", lazy: async () => ({ Component: (await settings()).AccessReviewPage }) },
            ]),
          },
          {
            path: "settings/access-reviews/:reviewId/report",
            lazy: async () => ({ Component: (await settings()).AccessReviewReportPage }),
          },
          { path: "*", element: <NotHerePage /> },
        ]),
      },
    ],
  },
];

/** When a page crashes, CrashPage keeps the switcher. When the switcher itself crashes, BareCrashPage shows without it. */
export const routes: RouteObject[] = [{ element: <PageFocus />, errorElement: <BareCrashPage />, children: pages }];
