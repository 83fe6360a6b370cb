import { useEffect, useState } from "react";
import { type Answer, Finishing } from "./finishing.tsx";

/** After a SAML response: the ticket is behind the #, which no server and no log sees. */
export function SsoFinishPage() {
  const [answer] = useState<Answer | null>(() => {
    const ticket = window.location.hash.slice(1);
    return ticket === "" ? null : { ticket };
  });
  useRemovedFromAddress();
  return <Finishing answer={answer} />;
}

/** Takes fragment and query out of the address and the history: they work once, and only here. */
export function useRemovedFromAddress(): void {
  useEffect(() => {
    window.history.replaceState(window.history.state, "", window.location.pathname);
  }, []);
}
