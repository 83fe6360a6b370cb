import { Token } from "#contract/http/accounts.ts";
import { useFragmentToken } from "../../ui/use-fragment-token.ts";

/** The secret of a mailed link; empty when the link was cut off, so that the page can say so at once. */
export function useMailedToken(): string {
  const token = useFragmentToken();
  return Token.safeParse(token).success ? token : "";
}
