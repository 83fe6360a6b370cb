import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { MAX_CHOSEN } from "#contract/http/invitations.ts";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import { counted } from "../../ui/counted.ts";
import { useTenant } from "../tenants/tenant-context.ts";

/** Splits ids into parts of the size that one request accepts. */
export function inParts(ids: string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / MAX_CHOSEN) }, (_, index) =>
    ids.slice(index * MAX_CHOSEN, (index + 1) * MAX_CHOSEN),
  );
}

/** Mails invitations again, and reports how many were sent and why others were skipped. */
export function useResend() {
  const { slug } = useTenant();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: string[]) => {
      let sent = 0;
      const reasons = new Set<string>();
      for (const invitationIds of inParts(ids)) {
        const params = { path: { slug } };
        const answer = await call(api.POST("/api/v1/tenants/{slug}/invitations/resend", { params, body: { invitationIds } }));
        sent += answer.sent;
        for (const { message } of answer.skipped) reasons.add(message);
      }
      return { sent, skipped: ids.length - sent, reasons: [...reasons] };
    },
    onSuccess: ({ sent, skipped, reasons }) => {
      const left = skipped > 0 ? ` ${skipped} skipped: ${reasons.join(" ")}` : "";
      notifications.show({
        message: `Sent ${counted(sent, "invitation", "invitations")} again. Links in earlier mails no longer work.${left}`,
      });
    },
    onError: (error) => void notifications.show({ color: "brick", message: words(error) }),
    onSettled: () => queries.invalidateQueries(showing(slug, "invitations")),
  });
}
