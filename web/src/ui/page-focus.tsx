import { useEffect, useRef } from "react";
import { Outlet, useLocation } from "react-router";
import { focusPage } from "./keep-focus.ts";

/** Around all pages: with another page the focus goes to it, so that Tab goes on there and a screen reader reads it. */
export function PageFocus() {
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    // Not when the app starts: then the browser has its own beginning.
    if (shown.current === pathname) return;
    shown.current = pathname;
    focusPage();
  }, [pathname]);
  return <Outlet />;
}
