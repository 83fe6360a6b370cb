/**
 * Verifies a browser's answer to a challenge (WebAuthn level 3 §7). @simplewebauthn parses the answer; this file decides what the answer
 * may do.
 */
import {
  type AuthenticationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { decodeAttestationObject, decodeClientDataJSON, isoCBOR } from "@simplewebauthn/server/helpers";
import type { z } from "zod";
import type { NewPasskey, PasskeyAnswer } from "#contract/http/passkeys.ts";
import type { Proof } from "../access/principal.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { type RelyingParty, relyingParty } from "../platform/http/relying-party.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { assertChallenge, type ChallengeUse, spend } from "./passkey-challenge.ts";
import * as queries from "./passkey-queries.ts";

/** COSE: EdDSA, ES256 and RS256, which together all authenticators have. */
export const ALGORITHMS = [-8, -7, -257];

/** Longest public key in bytes. An RSA key of 4096 bits takes 535. */
const MAX_KEY = 1_100;

/** @throws Refusal passkeys_unavailable */
export function requireRelyingParty(services: Services): RelyingParty {
  const party = relyingParty(services);
  if (party === null) throw new Refusal("passkeys_unavailable");
  return party;
}

/** The user handle, which authenticators return at sign-in to say whose passkey it is. */
export function handleOf(accountId: string): string {
  return Buffer.from(accountId.replaceAll("-", ""), "hex").toString("base64url");
}

/** @returns the challenge. @throws Refusal passkey_refused; passkey_expired */
function readChallenge(services: Services, clientDataJson: string, use: ChallengeUse): string {
  let data: ReturnType<typeof decodeClientDataJSON> | null;
  try {
    data = decodeClientDataJSON(clientDataJson);
  } catch {
    data = null;
  }
  // Our pages are in no other site's frame.
  if (typeof data?.challenge !== "string" || data.crossOrigin === true) throw new Refusal("passkey_refused");
  assertChallenge(services, data.challenge, use);
  return data.challenge;
}

export interface FittingPasskey {
  account: { accountId: string; email: string; name: string };
  deviceEpoch: number;
  proof: Proof;
  /** @throws Refusal passkey_expired, when the answer was used before; passkey_refused, when the passkey was removed meanwhile */
  spend(tx: PlatformTx): Promise<void>;
}

interface Expected extends ChallengeUse {
  /** Null if the passkey itself names the account; the authenticator must then have verified the person. */
  accountId: string | null;
}

const UNVERIFIED =
  "That passkey didn't check that it's you, by PIN, fingerprint or face. Sign in with your password: the passkey works after it.";

/** @throws Refusal passkeys_unavailable; passkey_expired; passkey_refused */
export async function checkPasskey(services: Services, answer: PasskeyAnswer, expected: Expected): Promise<FittingPasskey> {
  const { database, log } = services;
  const party = requireRelyingParty(services);
  const challenge = readChallenge(services, answer.clientDataJson, expected);
  const found = await database.asPlatformStatement("find a passkey", (db) =>
    queries.findPasskey(db, party.id, Buffer.from(answer.credentialId, "base64url")),
  );
  function refused(why: string, detail?: string): Refusal {
    log.warn({ accountId: found?.accountId ?? null, why }, "passkey refused");
    return new Refusal("passkey_refused", detail === undefined ? {} : { detail });
  }
  if (!found) throw refused("unknown");
  const { accountId, email, name, deviceEpoch, passkeyId } = found;
  if (expected.accountId !== null && accountId !== expected.accountId) throw refused("another account's");
  // At a sign-in without an email address, the handle names the account.
  const handle = answer.userHandle ?? (expected.accountId === null ? null : handleOf(accountId));
  if (handle !== handleOf(accountId)) throw refused("another user handle");

  let verified;
  try {
    verified = await verifyAuthenticationResponse({
      response: responseOf(answer),
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      // 0: a counter that did not rise is logged below, not refused. Passkeys that are synchronized have none.
      credential: { id: answer.credentialId, publicKey: new Uint8Array(found.publicKey), counter: 0 },
      requireUserVerification: false,
    });
  } catch (error) {
    throw refused(error instanceof Error ? error.message : "unreadable");
  }
  if (!verified.verified) throw refused("signature");
  const { newCounter, userVerified } = verified.authenticationInfo;
  if (expected.accountId === null && !userVerified) throw refused("person not verified", UNVERIFIED);
  const before = Number(found.signCount);
  if ((newCounter > 0 || before > 0) && newCounter <= before) {
    log.warn({ accountId, passkeyId, before, now: newCounter }, "a passkey's counter did not rise: it may have been copied");
  }
  return {
    account: { accountId, email, name },
    deviceEpoch,
    proof: userVerified ? "verifiedPasskey" : "passkey",
    async spend(tx) {
      await spend(tx, challenge);
      const used = await queries.noteUse(tx.db, passkeyId, { signCount: newCounter, verified: userVerified });
      if (!used) throw refused("removed meanwhile");
    },
  };
}

function responseOf(answer: PasskeyAnswer): AuthenticationResponseJSON {
  const { credentialId: id, clientDataJson, authenticatorData, signature, userHandle } = answer;
  return {
    id,
    rawId: id,
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientDataJson,
      authenticatorData,
      signature,
      ...(userHandle === null ? {} : { userHandle }),
    },
  };
}

/**
 * Replaces the attestation statement, of which we ask none, by an empty one. The library would read its certificates, and ask the servers that
 * they name.
 */
function withoutAttestation(attestationObject: string): { attestationObject: string; credentialId: string } {
  const authData = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, "base64url"))).get("authData");
  const stripped = isoCBOR.encode(
    new Map<string, string | Map<string, string> | Uint8Array>([
      ["fmt", "none"],
      ["attStmt", new Map<string, string>()],
      ["authData", authData],
    ]),
  );
  // The credential's id begins at byte 55, after its length (WebAuthn §6.1).
  const bytes = Buffer.from(authData);
  const credentialId = bytes.subarray(55, 55 + bytes.readUInt16BE(53)).toString("base64url");
  return { attestationObject: Buffer.from(stripped).toString("base64url"), credentialId };
}

export interface VerifiedPasskey {
  rpId: string;
  credentialId: Buffer;
  publicKey: Buffer;
  signCount: number;
  aaguid: string;
  transports: string[];
  verifiesUser: boolean;
  /** @throws Refusal passkey_expired, when the answer was used before */
  spend(tx: PlatformTx): Promise<void>;
}

/** @throws Refusal passkeys_unavailable; passkey_expired; passkey_refused */
export async function checkNewPasskey(
  services: Services,
  answer: z.infer<typeof NewPasskey>,
  { accountId, ...use }: ChallengeUse & { accountId: string },
): Promise<VerifiedPasskey> {
  const party = requireRelyingParty(services);
  const challenge = readChallenge(services, answer.clientDataJson, use);
  try {
    const { attestationObject, credentialId: id } = withoutAttestation(answer.attestationObject);
    const result = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: { clientDataJSON: answer.clientDataJson, attestationObject },
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!result.verified) throw new Error("not verified");
    const { credential, userVerified, aaguid } = result.registrationInfo;
    const credentialId = Buffer.from(credential.id, "base64url");
    if (credentialId.length < 16 || credentialId.length > 1_023 || credential.publicKey.length > MAX_KEY)
      throw new Error("length");
    return {
      rpId: party.id,
      credentialId,
      publicKey: Buffer.from(credential.publicKey),
      signCount: credential.counter,
      aaguid,
      transports: [...new Set(answer.transports)],
      verifiesUser: userVerified,
      spend: (tx) => spend(tx, challenge),
    };
  } catch (error) {
    services.log.warn({ accountId, why: error instanceof Error ? error.message : "unreadable" }, "new passkey refused");
    throw new Refusal("passkey_refused", {
      detail: "Your browser's answer couldn't be read, so no passkey was added. Try again, or use another browser.",
    });
  }
}
