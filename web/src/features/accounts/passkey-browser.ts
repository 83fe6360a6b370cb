/** Asks the browser for passkeys. The browser's errors are thrown as ApiErrors, so that every page shows them alike. */
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from "@simplewebauthn/browser";
import type { PasskeyAnswer } from "#contract/http/passkeys.ts";
import { api, call } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import type { components } from "../../api/schema.d.ts";

type PasskeyRequest = components["schemas"]["PasskeyRequest"];

/** By the name of the browser's error (WebAuthn §5.1.3, §5.1.4). */
const WORDS: Record<string, string> = {
  NotAllowedError: "No passkey was used: it was cancelled, took too long, or there is none here. Try again, or use another way.",
  InvalidStateError: "You have a passkey there already. Use another device or password manager.",
  ConstraintError: "This device or key can't keep passkeys. Use another one.",
  NotSupportedError: "This device or key can't keep passkeys. Use another one.",
  SecurityError: "Passkeys don't work at this address. Open whoot at its own address.",
};

function failure(cause: unknown): unknown {
  if (cause instanceof ApiError) return cause;
  const { name } = cause instanceof WebAuthnError && cause.cause instanceof Error ? cause.cause : (cause as Error);
  const message = WORDS[name] ?? "The browser couldn't use a passkey. Try again, or use another way.";
  return new ApiError("passkey", 0, message, { cause });
}

interface AskOptions {
  /** Offers passkeys in the suggestions of the email field, and waits until one is chosen or another request begins. */
  autofill?: boolean;
}

/** @throws ApiError */
export async function askPasskey(request: PasskeyRequest, { autofill = false }: AskOptions = {}): Promise<PasskeyAnswer> {
  // Transports are strings here, and may be newer than the library.
  const optionsJSON = request as PublicKeyCredentialRequestOptionsJSON;
  try {
    const { id, response } = await startAuthentication({ optionsJSON, useBrowserAutofill: autofill });
    return {
      credentialId: id,
      clientDataJson: response.clientDataJSON,
      authenticatorData: response.authenticatorData,
      signature: response.signature,
      userHandle: response.userHandle ?? null,
    };
  } catch (error) {
    throw failure(error);
  }
}

/** Makes a passkey and adds it to the account. @throws ApiError */
export async function createPasskey(creation: components["schemas"]["PasskeyCreation"]) {
  const optionsJSON = creation as PublicKeyCredentialCreationOptionsJSON;
  const { response } = await startRegistration({ optionsJSON }).catch((error: unknown) => {
    throw failure(error);
  });
  const { clientDataJSON: clientDataJson, attestationObject, transports = [] } = response;
  return call(api.POST("/api/v1/me/passkeys", { body: { passkey: { clientDataJson, attestationObject, transports } } }));
}

export async function signInByPasskey(passkey: PasskeyAnswer): Promise<void> {
  await call(api.POST("/api/v1/session/passkey", { body: { passkey } }));
}

/** For the second step of a sign-in. */
export async function finishByPasskey(): Promise<void> {
  const passkey = await askPasskey(await call(api.POST("/api/v1/session/second-step/passkey-challenge")));
  await call(api.POST("/api/v1/session/second-step", { body: { passkey } }));
}

/** Authenticates the session again. */
export async function reauthenticateByPasskey(): Promise<void> {
  const passkey = await askPasskey(await call(api.POST("/api/v1/session/authentication/passkey-challenge")));
  await call(api.POST("/api/v1/session/authentication", { body: { passkey } }));
}
