import { NavLink, Outlet } from "react-router";
import { paths } from "../../paths.ts";
import classes from "./settings.module.css";
import { useTenant } from "./tenant-context.ts";

export function SettingsLayout() {
  const { slug } = useTenant();
  return (
    <div className={classes.layout}>
      <nav className={classes.sections} aria-label="Settings">
        <NavLink to={paths.settings(slug)} end>
          General
        </NavLink>
        <NavLink to={paths.people(slug)}>People</NavLink>
        <NavLink to={paths.settingsRoles(slug)}>Roles</NavLink>
        <span className={classes.label}>Security</span>
        <NavLink to={paths.auditLog(slug)}>Audit log</NavLink>
        <NavLink to={paths.accessReviews(slug)}>Access reviews</NavLink>
      </nav>
      <div className={classes.content} data-page>
        <Outlet />
      </div>
    </div>
  );
}
