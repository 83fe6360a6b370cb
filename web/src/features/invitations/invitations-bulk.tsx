import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Invitation } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import classes from "./invite.module.css";
import { useResend } from "./use-resend.ts";
import { useWithdraw } from "./use-withdraw.ts";

/** What can be done with those that are chosen. */
export function InvitationsBulk({ invitations, onDone }: { invitations: Invitation[]; onDone: () => void }) {
  const [asking, ask] = useDisclosure();
  const resend = useResend();
  const withdraw = useWithdraw();
  const ids = invitations.map(({ invitationId }) => invitationId);
  const what = counted(ids.length, "invitation", "invitations");
  const canSend = invitations.some(({ can }) => can.resend);
  return (
    <div className={classes.bulk} role="toolbar" aria-label={`${what} chosen`}>
      <span role="status">{ids.length} chosen</span>
      <Button size="xs" variant="subtle" onClick={onDone}>
        Choose none
      </Button>
      <WithReason reason={canSend ? null : "All of them give roles that allow more than yours."}>
        <Button
          size="xs"
          variant="default"
          aria-label={`Send ${what} again`}
          loading={resend.isPending}
          onClick={() => resend.mutate(ids, { onSuccess: onDone })}
        >
          Send {ids.length} again
        </Button>
      </WithReason>
      <Button size="xs" color="brick" variant="outline" aria-label={`Withdraw ${what}`} onClick={ask.open}>
        Withdraw {ids.length}
      </Button>
      <Modal opened={asking} onClose={ask.close} title={`Withdraw ${what}?`}>
        <div className={classes.form}>
          <p>The links stop working at once. You can invite the same people again.</p>
          <div className={classes.actions}>
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
                    onDone();
                  },
                })
              }
            >
              Withdraw {what}
            </Button>
          </div>
        </div>
      </Modal>
    </div>
  );
}
