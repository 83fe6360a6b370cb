import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { inParts } from "./use-resend.tsx";

/** Withdraws invitations: their links stop working at once. */
export function useWithdraw() {
  const { slug } = useTenant();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: string[]) => {
      for (const invitationIds of inParts(ids)) {
        const params = { path: { slug } };
        await call(api.POST("/api/v1/tenants/{slug}/invitations/revocation", { params, body: { invitationIds } }));
      }
    },
    onError: (error) => void notifications.show({ color: "brick", message: words(error) }),
    onSettled: () => queries.invalidateQueries(showing(slug, "invitations")),
  });
}
