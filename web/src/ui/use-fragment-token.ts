import { useLocation } from "react-router";

/** The secret after `#` in a link. Browsers never send it with the address; it goes only into a request's body. */
export function useFragmentToken(): string {
  return useLocation().hash.slice(1);
}
