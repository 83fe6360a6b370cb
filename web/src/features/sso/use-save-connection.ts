import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { Sso, SsoConnection } from "../../api/types.ts";
import type { operations } from "../../api/schema.d.ts";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { ssoQuery } from "./queries.ts";

export type ConnectionChange = NonNullable<operations["updateSsoConnection"]["requestBody"]>["content"]["application/json"];

const FIELDS: Record<string, string> = {
  "certificates.0": "certificate",
  "certificates.1": "second",
  certificates: "certificate",
};

/** The same error with the names of the forms' fields, which are flat: "saml.metadataUrl" is "metadataUrl" there. */
function flattened(error: unknown): unknown {
  if (!(error instanceof ApiError) || !error.problem?.fields) return error;
  const fields = error.problem.fields.map(({ path, message }) => {
    const flat = path.replace(/^(saml|oidc|mapping)\./, "");
    return { path: FIELDS[flat] ?? flat, message };
  });
  return new ApiError(error.code, error.status, error.message, { problem: { ...error.problem, fields }, cause: error });
}

/** Changes a connection, after the person has confirmed that it is they if the server wants that. `dialog` must be rendered. */
export function useSaveConnection({ connectionId }: Pick<SsoConnection, "connectionId">) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();

  /** Shows the connection as it is now. */
  async function show(changed: SsoConnection): Promise<SsoConnection> {
    queries.setQueryData(
      ssoQuery(slug).queryKey,
      (sso: Sso | undefined) =>
        sso && { ...sso, connections: sso.connections.map((one) => (one.connectionId === connectionId ? changed : one)) },
    );
    await queries.invalidateQueries(showing(slug, "auditLog"));
    return changed;
  }

  const path = { slug, connectionId };

  async function save(body: ConnectionChange): Promise<SsoConnection> {
    const saved = await confirmed(() =>
      call(api.PATCH("/api/v1/tenants/{slug}/sso/connections/{connectionId}", { params: { path }, body })),
    ).catch((error: unknown) => {
      throw flattened(error);
    });
    return show(saved);
  }

  /** Has the metadata at the connection's URL read again. */
  async function readMetadata(): Promise<SsoConnection> {
    return show(
      await confirmed(() =>
        call(api.POST("/api/v1/tenants/{slug}/sso/connections/{connectionId}/metadata-reading", { params: { path } })),
      ),
    );
  }
  return { save, readMetadata, dialog };
}
