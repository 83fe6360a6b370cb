import { Link } from "react-router";
import { useMeIfSignedIn } from "../accounts/use-me-if-signed-in.ts";
import { AccountMenu } from "../accounts/account-menu.tsx";
import { FindButton } from "../palette/find-button.tsx";
import { Palette } from "../palette/palette.tsx";
import { TenantSwitcher } from "../switcher/tenant-switcher.tsx";
import { paths } from "../../paths.ts";
import { Logo } from "../../ui/logo.tsx";
import classes from "./plain-frame.module.css";

/** The frame of pages outside any workspace. People who are signed in get the switcher and the account menu. */
export function PlainFrame({
  children,
  narrow = false,
  wide = false,
}: {
  children: React.ReactNode;
  narrow?: boolean;
  wide?: boolean;
}) {
  const me = useMeIfSignedIn();
  return (
    <div className={classes.frame}>
      <header className={classes.head}>
        <Link to={paths.home()} className={classes.home} aria-label="whoot, start page">
          <Logo size={28} />
        </Link>
        {me && (
          <Palette>
            <div className={classes.tools}>
              <FindButton compact />
              <TenantSwitcher current={null} />
              <AccountMenu compact />
            </div>
          </Palette>
        )}
      </header>
      <main className={classes.main} data-narrow={narrow} data-wide={wide}>
        {children}
      </main>
    </div>
  );
}
