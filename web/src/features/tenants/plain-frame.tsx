import { Link } from "react-router";
import { useMeAround } from "../accounts/use-me-around.ts";
import { AccountMenu } from "../accounts/account-menu.tsx";
import { Palette } from "../palette/palette.tsx";
import { TenantSwitcher } from "./tenant-switcher.tsx";
import { paths } from "../../paths.ts";
import { Logo } from "../../ui/logo.tsx";
import classes from "./plain-frame.module.css";

/** Pages outside of any workspace. Who is signed in has the switcher and the account menu here too. */
export function PlainFrame({
  children,
  narrow = false,
  wide = false,
}: {
  children: React.ReactNode;
  narrow?: boolean;
  wide?: boolean;
}) {
  const me = useMeAround();
  return (
    <div className={classes.frame}>
      <header className={classes.head}>
        <Link to={paths.home()} className={classes.home} aria-label="whoot, start page">
          <Logo size={28} />
        </Link>
        {me && <Palette />}
        {me && (
          <div className={classes.tools}>
            <TenantSwitcher current={null} />
            <AccountMenu compact />
          </div>
        )}
      </header>
      <main className={classes.main} data-narrow={narrow} data-wide={wide}>
        {children}
      </main>
    </div>
  );
}
