import { useQuery } from "@tanstack/react-query";
import { failureCode } from "../../api/errors.ts";
import { meQuery } from "../../api/queries.ts";

/**
 * Who is signed in, for what stands around a page and shows more to them. What appears because the answer failed must not ask
 * again by appearing: the page would wait for it, take it away, and show it anew without end.
 */
export function useMeAround() {
  const { data, error } = useQuery({ ...meQuery(), retry: false, retryOnMount: false });
  // What was known of a session that has ended is still there.
  return failureCode(error) === "not_signed_in" ? undefined : data;
}
