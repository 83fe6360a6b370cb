/** The pages inside a workspace, as one chunk that routes.tsx loads when somebody enters one. */
export { AccessReviewPage } from "./features/access-reviews/AccessReviewPage.tsx";
export { AccessReviewReportPage } from "./features/access-reviews/AccessReviewReportPage.tsx";
export { AccessReviewsPage } from "./features/access-reviews/AccessReviewsPage.tsx";
export { AuditLogPage } from "./features/audit/AuditLogPage.tsx";
export { BoardPage } from "./features/channels/BoardPage.tsx";
export { ChannelPage } from "./features/channels/ChannelPage.tsx";
export { PeoplePage } from "./features/members/PeoplePage.tsx";
export { NewRolePage } from "./features/roles/NewRolePage.tsx";
export { RolePage } from "./features/roles/RolePage.tsx";
export { RolesPage } from "./features/roles/RolesPage.tsx";
export { GeneralSettingsPage } from "./features/tenants/GeneralSettingsPage.tsx";
export { SettingsLayout } from "./features/tenants/SettingsLayout.tsx";
export { WorkspaceLayout } from "./features/tenants/WorkspaceLayout.tsx";
