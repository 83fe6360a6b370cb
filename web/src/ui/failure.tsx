import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { words } from "../api/errors.ts";
import { usePageTitle } from "./use-page-title.ts";
import classes from "./pieces.module.css";

/** An error message above the form or list that it concerns. Renders nothing without children. */
export function FailureNote({ children }: { children: React.ReactNode }) {
  if (!children) return null;
  return (
    <div className={classes.note} data-tone="danger" role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <div>{children}</div>
    </div>
  );
}

/** Replaces a page whose data could not be loaded. */
export function PageFailure(props: { error: unknown; retry: () => void }) {
  usePageTitle("Not loaded");
  return <LoadFailure {...props} title="This page can't be shown right now" />;
}

interface LoadFailureProps {
  error: unknown;
  retry: () => void;
  title?: string;
}

export function LoadFailure({ error, retry, title }: LoadFailureProps) {
  return (
    <div className={classes.empty} role="alert">
      {title && <h1 className={classes.emptyTitle}>{title}</h1>}
      <p>{words(error)}</p>
      <Button variant="default" onClick={retry}>
        Try again
      </Button>
    </div>
  );
}
