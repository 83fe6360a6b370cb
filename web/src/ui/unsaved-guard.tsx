import { Button, Modal } from "@mantine/core";
import { useBeforeUnload, useBlocker } from "react-router";
import classes from "./form.module.css";

interface UnsavedGuardProps {
  /** Asked when somebody is about to leave the page. */
  isUnsaved: () => boolean;
}

/** Leaving a page with what nobody saved is asked about; closing the window is asked about by the browser. */
export function UnsavedGuard({ isUnsaved }: UnsavedGuardProps) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => currentLocation.pathname !== nextLocation.pathname && isUnsaved(),
  );
  useBeforeUnload((event) => {
    if (isUnsaved()) event.preventDefault();
  });
  const stay = () => blocker.reset?.();
  return (
    <Modal opened={blocker.state === "blocked"} onClose={stay} title="Leave without saving?">
      <div className={classes.form}>
        <p>Your changes on this page are not saved.</p>
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
