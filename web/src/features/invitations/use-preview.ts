import { useMutation } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import type { InvitationLine } from "../../api/types.ts";
import { useTenant } from "../tenants/tenant-context.ts";

export interface ChosenLine {
  line: number;
  email: string;
  roleId: string;
}

type Source = { text: string } | { csv: string } | { lines: ChosenLine[] };

/** Asks the server, which alone decides, what inviting these people would do. */
export function usePreview() {
  const { slug } = useTenant();
  return useMutation({
    mutationFn: async ({ defaultRoleId, source }: { defaultRoleId: string; source: Source }) => {
      const body = { defaultRoleId, ...source };
      return (await call(api.POST("/api/v1/tenants/{slug}/invitations/preview", { params: { path: { slug } }, body }))).lines;
    },
  });
}

/** A line for the next request. Text that isn't an address is sent as it was read. Null for a line without a role. */
export function asChosen({ line, email, read, roleId }: InvitationLine): ChosenLine | null {
  return roleId === null ? null : { line, email: email ?? read, roleId };
}
