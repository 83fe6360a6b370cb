import type { RouteObject } from "react-router";
import { CheckMailPage } from "./features/accounts/CheckMailPage.tsx";
import { HomePage } from "./features/accounts/HomePage.tsx";
import { OutboxPage } from "./features/accounts/OutboxPage.tsx";
import { SignInPage } from "./features/accounts/SignInPage.tsx";
import { SignUpPage } from "./features/accounts/SignUpPage.tsx";
import { VerifyPage } from "./features/accounts/VerifyPage.tsx";
import { BoardPage } from "./features/channels/BoardPage.tsx";
import { ChannelPage } from "./features/channels/ChannelPage.tsx";
import { InvitationPage } from "./features/invitations/InvitationPage.tsx";
import { PeoplePage } from "./features/members/PeoplePage.tsx";
import { RolesPage } from "./features/members/RolesPage.tsx";
import { GeneralSettingsPage } from "./features/tenants/GeneralSettingsPage.tsx";
import { NewWorkspacePage } from "./features/tenants/NewWorkspacePage.tsx";
import { NotFoundPage } from "./features/tenants/NotFoundPage.tsx";
import { NotHerePage } from "./features/tenants/NotHerePage.tsx";
import { SettingsLayout } from "./features/tenants/SettingsLayout.tsx";
import { SignedInOnly } from "./features/tenants/SignedInOnly.tsx";
import { WorkspaceLayout } from "./features/tenants/WorkspaceLayout.tsx";
import { CrashPage } from "./ui/CrashPage.tsx";

/** The addresses are built in paths.ts. */
export const routes: RouteObject[] = [
  {
    errorElement: <CrashPage />,
    children: [
      { path: "/", element: <HomePage /> },
      { path: "/sign-in", element: <SignInPage /> },
      { path: "/sign-up", element: <SignUpPage /> },
      { path: "/check-mail", element: <CheckMailPage /> },
      { path: "/verify", element: <VerifyPage /> },
      { path: "/invitation", element: <InvitationPage /> },
      { path: "/outbox", element: <OutboxPage /> },
      { element: <SignedInOnly />, children: [{ path: "/new-workspace", element: <NewWorkspacePage /> }] },
      {
        path: "/:slug",
        element: <WorkspaceLayout />,
        children: [
          {
            element: <BoardPage />,
            children: [
              { index: true, element: null },
              { path: "channels/:channelId", element: <ChannelPage /> },
            ],
          },
          { path: "people", element: <PeoplePage /> },
          {
            path: "settings",
            element: <SettingsLayout />,
            children: [
              { index: true, element: <GeneralSettingsPage /> },
              { path: "roles", element: <RolesPage /> },
            ],
          },
          { path: "*", element: <NotHerePage /> },
        ],
      },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
];
