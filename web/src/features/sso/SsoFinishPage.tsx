import { useEffect, useState } from "react";
import { type Answer, Finishing } from "./finishing.tsx";

/** Opened after a SAML response. The ticket is in the fragment, which no server and no log sees. */
export function SsoFinishPage() {
  const [answer] = useState<Answer | null>(() => {
    const ticket = window.location.hash.slice(1);
    return ticket === "" ? null : { ticket };
  });
  useRemovedFromAddress();
  return <Finishing answer={answer} />;
}

/** Removes fragment and query from the address and the history, because they hold a secret that works once. */
export function useRemovedFromAddress(): void {
  useEffect(() => {
    window.history.replaceState(window.history.state, "", window.location.pathname);
  }, []);
}
