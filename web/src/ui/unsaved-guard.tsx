import { Button, Modal } from "@mantine/core";
import { useBeforeUnload, useBlocker } from "react-router";
import classes from "./form.module.css";

interface Words {
  title: string;
  text: string;
  leave: string;
  stay: string;
}

const CHANGES: Words = {
  title: "Leave without saving?",
  text: "Your changes on this page haven't been saved.",
  leave: "Leave without saving",
  stay: "Keep editing",
};

const RECOVERY_CODES: Words = {
  title: "Leave without your recovery codes?",
  text: "They are shown only now. If you haven't kept them, you need new ones.",
  leave: "Leave",
  stay: "Show the codes",
};

const CODES = '[data-unsaved="codes"]';

interface UnsavedGuardProps {
  /** Called when the person is about to leave the page. */
  isUnsaved: () => boolean;
  words?: () => Words;
}

/**
 * Asks before the person leaves a page with unsaved changes. The browser asks when they close the window. Nobody is asked when the app
 * itself replaces the page: the workspace has a new address, at which the page stays open, or the person has signed out.
 */
export function UnsavedGuard({ isUnsaved, words = () => CHANGES }: UnsavedGuardProps) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation, historyAction }) =>
      historyAction !== "REPLACE" && currentLocation.pathname !== nextLocation.pathname && isUnsaved(),
  );
  useBeforeUnload((event) => {
    if (isUnsaved()) event.preventDefault();
  });
  const stay = () => {
    blocker.reset?.();
    document.querySelector(CODES)?.scrollIntoView({ block: "center" });
  };
  const { title, text, leave, stay: stayWords } = words();
  return (
    <Modal
      opened={blocker.state === "blocked"}
      onClose={stay}
      title={title}
      // The page may have a banner landmark already.
      attributes={{ header: { role: "presentation" } }}
    >
      <div className={classes.form}>
        <p>{text}</p>
        <div className={classes.actions}>
          <Button variant="default" onClick={() => blocker.proceed?.()}>
            {leave}
          </Button>
          <Button onClick={stay} data-autofocus>
            {stayWords}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** The guard of a page with several forms, which mark themselves with `data-unsaved`: a router asks one guard at a time. */
export function UnsavedFormsGuard() {
  return (
    <UnsavedGuard
      isUnsaved={() => document.querySelector(`[data-unsaved="true"], ${CODES}`) !== null}
      words={() => (document.querySelector(CODES) ? RECOVERY_CODES : CHANGES)}
    />
  );
}
