import { useState } from "react";
import { type Answer, Finishing } from "./finishing.tsx";
import { useRemovedFromAddress } from "./SsoFinishPage.tsx";

const NAMES = ["state", "code", "iss", "error"] as const;

/** The page to which an OpenID Connect provider sends the browser back. */
export function SsoCallbackPage() {
  const [answer] = useState<Answer | null>(() => {
    const query = new URLSearchParams(window.location.search);
    const found: Answer = Object.fromEntries(
      NAMES.flatMap((name) => {
        const value = query.get(name);
        return value === null ? [] : [[name, value]];
      }),
    );
    return found.state === undefined ? null : found;
  });
  useRemovedFromAddress();
  return <Finishing answer={answer} />;
}
