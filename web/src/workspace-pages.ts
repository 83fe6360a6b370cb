/** The pages inside a workspace, as one chunk that routes.tsx loads when somebody enters one. */
export { BoardPage } from "./features/channels/BoardPage.tsx";
export { ChannelPage } from "./features/channels/ChannelPage.tsx";
export { MembersSettingsPage, PeoplePage } from "./features/members/PeoplePage.tsx";
export { WorkspaceLayout } from "./frame/WorkspaceLayout.tsx";
