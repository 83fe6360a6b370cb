import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answerOf, pagesOf } from "../../api/operation.ts";

export const ssoQuery = (slug: string) => queryOptions(answerOf("GET /api/v1/tenants/{slug}/sso", { path: { slug } }));

/** The connections that are switched on, and to which the person's account is joined. */
export const mySsoQuery = (slug: string) => queryOptions(answerOf("GET /api/v1/tenants/{slug}/sso/mine", { path: { slug } }));

/** The connections for addresses of this domain. */
export const ssoOptionsQuery = (email: string) => queryOptions(answerOf("POST /api/v1/sso/options", { body: { email } }));

/** Who is joined to a connection. */
export const ssoIdentitiesQuery = (slug: string, connectionId: string) =>
  infiniteQueryOptions(
    pagesOf("GET /api/v1/tenants/{slug}/sso/connections/{connectionId}/identities", {
      path: { slug, connectionId },
      query: { limit: 50 },
    }),
  );
