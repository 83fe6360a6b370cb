import { IconChevronLeft } from "@tabler/icons-react";
import { Link } from "react-router";
import classes from "./pieces.module.css";

/** The link above a heading, back to the list. */
export function BackLink({ to, children }: { to: string; children: string }) {
  return (
    <Link to={to} className={classes.back}>
      <IconChevronLeft size={16} aria-hidden />
      {children}
    </Link>
  );
}
