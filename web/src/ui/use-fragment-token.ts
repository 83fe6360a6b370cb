import { useLocation } from "react-router";

/** The secret that a link carries behind `#`; it never leaves the browser but in a request's body. */
export function useFragmentToken(): string {
  return useLocation().hash.slice(1);
}
