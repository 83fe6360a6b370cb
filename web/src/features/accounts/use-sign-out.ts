import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { allExcept, queriesOf } from "../../api/operation.ts";
import { ofPerson } from "../../api/outdated.ts";
import { paths } from "../../paths.ts";

/**
 * Signs out, goes to `next` and forgets what was fetched for the person.
 * @param everywhere ends every session of the person, not only this one.
 */
export function useSignOut({ next = paths.home(), everywhere = false }: { next?: string; everywhere?: boolean } = {}) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => call(everywhere ? api.DELETE("/api/v1/me/sessions") : api.DELETE("/api/v1/session")),
    onSuccess: async () => {
      await navigate(next, { replace: true });
      queries.removeQueries(allExcept(queriesOf(["GET /api/v1/system"]), ofPerson()));
      await queries.resetQueries(ofPerson());
    },
  });
}
