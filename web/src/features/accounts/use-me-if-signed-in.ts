import { useQuery } from "@tanstack/react-query";
import { failureCode } from "../../api/errors.ts";
import { meQuery } from "./queries.ts";

/**
 * Who is signed in, for the frame around a page. A frame may appear because this query failed, so mounting must not fetch again:
 * the page would replace the frame while it waits, then show it again, without end.
 * @returns undefined when nobody is signed in, or the answer is not there yet.
 */
export function useMeIfSignedIn() {
  const { data, error } = useQuery({ ...meQuery(), retry: false, retryOnMount: false });
  // The query still holds the data of a session that has ended.
  return failureCode(error) === "not_signed_in" ? undefined : data;
}
