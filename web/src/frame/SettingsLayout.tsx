import { NavLink, Outlet } from "react-router";
import { paths } from "../paths.ts";
import classes from "./settings-layout.module.css";
import { useTenant } from "../features/tenants/tenant-context.ts";

export function SettingsLayout() {
  const { slug } = useTenant();
  return (
    <div className={classes.layout}>
      <nav className={classes.sections} aria-label="Settings">
        <NavLink to={paths.settings(slug)} end>
          General
        </NavLink>
        <NavLink to={paths.settingsMembers(slug)}>Members</NavLink>
        <NavLink to={paths.settingsRoles(slug)}>Roles</NavLink>
        <NavLink to={paths.settingsSecurity(slug)}>Security</NavLink>
        <NavLink to={paths.settingsBilling(slug)}>Billing</NavLink>
        <NavLink to={paths.auditLog(slug)}>Audit log</NavLink>
        <NavLink to={paths.accessReviews(slug)}>Access reviews</NavLink>
      </nav>
      <div className={classes.content} data-page>
        <Outlet />
      </div>
    </div>
  );
}
