import { Button, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { words } from "../api/errors.ts";
import { FailureNote } from "./failure.tsx";
import formClasses from "./form.module.css";

interface DestructiveDialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  /** What is lost, as paragraphs. */
  children: ReactNode;
  /** The error of the last attempt, or null. */
  error: unknown;
  /** The label of the button that confirms. */
  act: string;
  acting: boolean;
  onAct: () => void;
  /** A button for another, wider action, before the main button. */
  otherAct?: ReactNode;
}

/** Asks before something is ended or deleted. The focus is on the button that keeps it. */
export function DestructiveDialog(props: DestructiveDialogProps) {
  const { title, opened, onClose, children, error, act, acting, onAct, otherAct } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <div className={formClasses.form}>
        {children}
        <FailureNote>{error !== null && words(error)}</FailureNote>
        <div className={formClasses.actions}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep it
          </Button>
          {otherAct}
          <Button color="brick" loading={acting} onClick={onAct}>
            {act}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
