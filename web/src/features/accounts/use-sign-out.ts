import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { paths } from "../../paths.ts";

/** Signs out and forgets everything that was fetched. */
export function useSignOut(next: string = paths.home()) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/session")),
    onSuccess: async () => {
      await navigate(next, { replace: true });
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.system[0] && queryKey[0] !== keys.me[0] });
      await queries.resetQueries({ queryKey: keys.me });
    },
  });
}
