import { browserSupportsWebAuthnAutofill, WebAuthnAbortService } from "@simplewebauthn/browser";
import { useEffect, useEffectEvent } from "react";
import type { PasskeyAnswer } from "#contract/http/passkeys.ts";
import { api, call } from "../../api/client.ts";
import { askPasskey } from "./passkey-browser.ts";

/** A challenge works for five minutes. */
const RENEW_MS = 4 * 60_000;

/** Offers passkeys in the suggestions of the field whose `autocomplete` ends in "webauthn". Another request for a passkey ends the offer. */
export function usePasskeyAutofill(enabled: boolean, chosen: (passkey: PasskeyAnswer) => void) {
  const onChosen = useEffectEvent(chosen);
  useEffect(() => {
    if (!enabled) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function offer() {
      if (document.hidden) return;
      clearTimeout(timer);
      timer = setTimeout(() => void offer(), RENEW_MS);
      try {
        const request = await call(api.POST("/api/v1/session/passkey-challenge"));
        if (ended) return;
        const passkey = await askPasskey(request, { autofill: true });
        if (!ended) onChosen(passkey);
      } catch {
        // The button beside it says what goes wrong.
      }
    }
    const whenShown = () => void offer();
    void browserSupportsWebAuthnAutofill().then((supported) => {
      if (!supported || ended) return;
      document.addEventListener("visibilitychange", whenShown);
      void offer();
    });
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", whenShown);
      WebAuthnAbortService.cancelCeremony();
    };
  }, [enabled]);
}
