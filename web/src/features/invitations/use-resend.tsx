import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { MAX_CHOSEN } from "#contract/http/invitations.ts";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import { counted } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { LicencesHelp } from "../billing/buying-help.tsx";
import { useTenant } from "../tenants/tenant-context.ts";

/** Splits ids into parts of the size that one request accepts. */
export function inParts(ids: string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / MAX_CHOSEN) }, (_, index) =>
    ids.slice(index * MAX_CHOSEN, (index + 1) * MAX_CHOSEN),
  );
}

/** Mails invitations again, and reports how many were sent and why others were skipped. `dialog` must be rendered. */
export function useResend() {
  const { slug } = useTenant();
  const queries = useQueryClient();
  /** Why some were not sent, if licences are missing. */
  const [lacking, setLacking] = useState<string | null>(null);
  const resend = useMutation({
    mutationFn: async (ids: string[]) => {
      let sent = 0;
      const reasons = new Map<string, string>();
      for (const invitationIds of inParts(ids)) {
        const params = { path: { slug } };
        const answer = await call(api.POST("/api/v1/tenants/{slug}/invitations/resend", { params, body: { invitationIds } }));
        sent += answer.sent;
        for (const { code, message } of answer.skipped) reasons.set(message, code);
      }
      return { sent, skipped: ids.length - sent, reasons };
    },
    onSuccess: ({ sent, skipped, reasons }) => {
      const left = skipped > 0 ? ` ${skipped} skipped: ${[...reasons.keys()].join(" ")}` : "";
      notifications.show({
        message: `Sent ${counted(sent, "invitation", "invitations")} again. Links in earlier mails no longer work.${left}`,
      });
      const [without] = [...reasons].find(([, code]) => code === "licences_taken") ?? [];
      if (without !== undefined) setLacking(without);
    },
    onError: (error) => {
      if (failureCode(error) === "licences_taken") setLacking(words(error));
      else notifications.show({ color: "brick", message: words(error) });
    },
    onSettled: () => queries.invalidateQueries(showing(slug, "invitations")),
  });
  const close = () => setLacking(null);
  const dialog = (
    <Modal opened={lacking !== null} onClose={close} title="No licence is left">
      <div className={formClasses.form}>
        <FailureNote>{lacking}</FailureNote>
        <LicencesHelp />
        <div className={formClasses.actions}>
          <Button variant="default" onClick={close} data-autofocus>
            Close
          </Button>
        </div>
      </div>
    </Modal>
  );
  return { resend, dialog };
}
