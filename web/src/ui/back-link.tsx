import { IconChevronLeft } from "@tabler/icons-react";
import { Link } from "react-router";
import classes from "./pieces.module.css";

/** Above the heading of one thing, to the list it is in. */
export function BackLink({ to, children }: { to: string; children: string }) {
  return (
    <Link to={to} className={classes.back}>
      <IconChevronLeft size={16} aria-hidden />
      {children}
    </Link>
  );
}
