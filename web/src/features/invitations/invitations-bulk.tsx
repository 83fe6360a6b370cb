import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Invitation } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";
import { SelectionBar } from "../../ui/selection-bar.tsx";
import bar from "../../ui/sticky-bar.module.css";
import { WithReason } from "../../ui/with-reason.tsx";
import formClasses from "../../ui/form.module.css";
import { useResend } from "./use-resend.tsx";
import { useWithdraw } from "./use-withdraw.ts";

interface InvitationsBulkProps {
  invitations: Invitation[];
  clear: () => void;
}

/** Actions for the selected invitations. */
export function InvitationsBulk({ invitations, clear }: InvitationsBulkProps) {
  const [asking, ask] = useDisclosure();
  const { resend, dialog } = useResend();
  const withdraw = useWithdraw();
  const ids = invitations.map(({ invitationId }) => invitationId);
  const what = counted(ids.length, "invitation", "invitations");
  const canSend = invitations.some(({ can }) => can.resend);
  return (
    <>
      <SelectionBar
        label="Selected invitations"
        selected={ids.length > 0 ? `${what} selected` : null}
        clearLabel="Clear selection"
        clear={clear}
      >
        <WithReason reason={canSend ? null : "All of them give roles that allow more than yours."}>
          <Button size="sm" variant="default" loading={resend.isPending} onClick={() => resend.mutate(ids, { onSuccess: clear })}>
            Send {what} again
          </Button>
        </WithReason>
        <Button size="sm" color="brick" variant="outline" aria-label={`Withdraw ${what}…`} onClick={ask.open}>
          <span className={bar.long}>Withdraw {what}…</span>
          <span className={bar.short}>Withdraw…</span>
        </Button>
      </SelectionBar>
      <Modal opened={asking} onClose={ask.close} title={`Withdraw ${what}`}>
        <div className={formClasses.form}>
          <p>The links stop working immediately. You can invite the same people again.</p>
          <div className={formClasses.actions}>
            <Button variant="default" onClick={ask.close} data-autofocus>
              Keep {ids.length === 1 ? "it" : "them"}
            </Button>
            <Button
              color="brick"
              loading={withdraw.isPending}
              onClick={() =>
                withdraw.mutate(ids, {
                  onSuccess: () => {
                    ask.close();
                    clear();
                  },
                })
              }
            >
              Withdraw {what}
            </Button>
          </div>
        </div>
      </Modal>
      {dialog}
    </>
  );
}
