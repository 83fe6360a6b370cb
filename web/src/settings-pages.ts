/** The settings pages of a workspace, as one chunk of their own because most people never open them. */
export { AccessReviewPage } from "./features/access-reviews/AccessReviewPage.tsx";
export { AccessReviewReportPage } from "./features/access-reviews/AccessReviewReportPage.tsx";
export { AccessReviewsPage } from "./features/access-reviews/AccessReviewsPage.tsx";
export { AuditLogPage } from "./features/audit-log/AuditLogPage.tsx";
export { BillingPage } from "./features/billing/BillingPage.tsx";
export { NewRolePage } from "./features/roles/NewRolePage.tsx";
export { RolePage } from "./features/roles/RolePage.tsx";
export { RolesPage } from "./features/roles/RolesPage.tsx";
export { SecurityPage } from "./features/security/SecurityPage.tsx";
export { NewSsoConnectionPage } from "./features/sso/NewSsoConnectionPage.tsx";
export { SsoConnectionPage } from "./features/sso/SsoConnectionPage.tsx";
export { GeneralSettingsPage } from "./features/tenants/GeneralSettingsPage.tsx";
export { SettingsLayout } from "./frame/SettingsLayout.tsx";
