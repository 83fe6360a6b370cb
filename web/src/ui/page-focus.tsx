import { useEffect, useRef } from "react";
import { Outlet, useLocation } from "react-router";
import { focusPage } from "./keep-focus.ts";

/** Wraps all pages: moves the focus to each new page, so that Tab continues there and a screen reader reads it. */
export function PageFocus() {
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    // When the app starts, the browser sets the focus itself.
    if (shown.current === pathname) return;
    shown.current = pathname;
    focusPage();
  }, [pathname]);
  return <Outlet />;
}
