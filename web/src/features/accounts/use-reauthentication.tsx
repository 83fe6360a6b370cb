import { Modal } from "@mantine/core";
import { useState } from "react";
import { failureCode } from "../../api/errors.ts";
import { useEscapeAbove } from "../../ui/use-escape-above.ts";
import { ReauthenticationForm } from "./reauthentication-form.tsx";

interface Waiting {
  confirmed: () => void;
  cancelled: () => void;
}

/**
 * For requests that need a recent authentication.
 * @returns `confirmed` runs the work, asks the person to authenticate again if the server wants that, and then runs it again; `dialog` must
 * be rendered
 */
export function useReauthentication() {
  const [waiting, setWaiting] = useState<Waiting | null>(null);

  async function confirmed<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (failureCode(error) !== "reauthentication_required") throw error;
      await new Promise<void>((resolve, reject) =>
        setWaiting({
          confirmed: resolve,
          // The form above says what was refused.
          cancelled: () => reject(error instanceof Error ? error : new Error("not confirmed")),
        }),
      );
      return work();
    }
  }

  function end(how: keyof Waiting) {
    waiting?.[how]();
    setWaiting(null);
  }

  useEscapeAbove(waiting !== null, () => end("cancelled"));

  const dialog = (
    <Modal
      opened={waiting !== null}
      onClose={() => end("cancelled")}
      title="Confirm that it's you"
      size="sm"
      closeOnEscape={false}
      // The page already has a banner landmark.
      attributes={{ header: { role: "presentation" } }}
    >
      <ReauthenticationForm
        lead="This needs a new confirmation, which then lasts five minutes."
        onDone={() => end("confirmed")}
        onCancel={() => end("cancelled")}
      />
    </Modal>
  );
  return { confirmed, dialog };
}
