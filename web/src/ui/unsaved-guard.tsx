import { Button, Modal } from "@mantine/core";
import { useBeforeUnload, useBlocker } from "react-router";
import classes from "./form.module.css";

interface UnsavedGuardProps {
  /** Called when the person is about to leave the page. */
  isUnsaved: () => boolean;
}

/**
 * Asks before the person leaves a page with unsaved changes. The browser asks when they close the window. Nobody is asked when the app
 * itself replaces the page: the workspace has a new address, at which the page stays open, or the person has signed out.
 */
export function UnsavedGuard({ isUnsaved }: UnsavedGuardProps) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation, historyAction }) =>
      historyAction !== "REPLACE" && currentLocation.pathname !== nextLocation.pathname && isUnsaved(),
  );
  useBeforeUnload((event) => {
    if (isUnsaved()) event.preventDefault();
  });
  const stay = () => blocker.reset?.();
  return (
    <Modal opened={blocker.state === "blocked"} onClose={stay} title="Leave without saving?">
      <div className={classes.form}>
        <p>Your changes on this page haven't been saved.</p>
        <div className={classes.actions}>
          <Button variant="default" onClick={() => blocker.proceed?.()}>
            Leave without saving
          </Button>
          <Button onClick={stay} data-autofocus>
            Keep editing
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** The guard of a page with several forms, which mark themselves with `data-unsaved`: a router asks one guard at a time. */
export function UnsavedFormsGuard() {
  return <UnsavedGuard isUnsaved={() => document.querySelector('form[data-unsaved="true"]') !== null} />;
}
