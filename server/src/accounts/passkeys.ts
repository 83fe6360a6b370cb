/** A person adds, renames and removes passkeys of their account. Adding and removing one sends a mail. */
import type { z } from "zod";
import { v7 as uuidv7 } from "uuid";
import { MAX_PASSKEYS, type NewPasskey } from "#contract/http/passkeys.ts";
import type { PersonCtx } from "../access/ctx.ts";
import { renewSession } from "../access/sessions.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { queuePasskeyAddedMail, queuePasskeyRemovedMail } from "./factor-mails.ts";
import { endWithoutFactors, findRecoveryCodes, findSecondFactors, lockAccount, setFirstRecoveryCodes } from "./factor-queries.ts";
import { assertMayChangeFactors, presentPasskey } from "./factors.ts";
import { CHALLENGE_SECONDS, makeChallenge } from "./passkey-challenge.ts";
import { ALGORITHMS, checkNewPasskey, handleOf, requireRelyingParty } from "./passkey-check.ts";
import { passkeyName } from "./passkey-names.ts";
import * as queries from "./passkey-queries.ts";
import { makeRecoveryCodes } from "./recovery-codes.ts";

/** Describes one of the account's passkeys to the browser (WebAuthn's PublicKeyCredentialDescriptor). */
export const describeKnown = ({ credentialId, transports }: queries.PasskeyRow) => ({
  type: "public-key" as const,
  id: credentialId.toString("base64url"),
  transports,
});

/** @throws Refusal reauthentication_required; too_many_passkeys; passkeys_unavailable */
export async function startPasskey(ctx: PersonCtx, { browserToken }: { browserToken: string }) {
  await assertMayChangeFactors(ctx);
  const { services, principal } = ctx;
  const { accountId, email, name, sessionId } = principal;
  const party = requireRelyingParty(services);
  const passkeys = await services.database.asPlatformStatement("list passkeys", (db) => queries.listPasskeys(db, accountId));
  if (passkeys.length >= MAX_PASSKEYS) throw new Refusal("too_many_passkeys");
  return {
    challenge: makeChallenge(services, { purpose: "add", about: sessionId, browserToken }),
    rp: { id: party.id, name: "whoot" },
    user: { id: handleOf(accountId), name: email, displayName: name },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key" as const, alg })),
    excludeCredentials: passkeys.filter(({ rpId }) => rpId === party.id).map(describeKnown),
    authenticatorSelection: {
      residentKey: "required" as const,
      requireResidentKey: true as const,
      userVerification: "preferred" as const,
    },
    attestation: "none" as const,
    timeout: CHALLENGE_SECONDS * 1_000,
  };
}

interface Added {
  passkey: ReturnType<typeof presentPasskey>;
  /** Null when the account already has recovery codes. */
  recoveryCodes: string[] | null;
  /** The session's new token. */
  sessionToken: string;
}

interface AddInput {
  passkey: z.infer<typeof NewPasskey>;
  name?: string | undefined;
  browserToken: string | null;
}

/**
 * Stores a new passkey. It does not need a recent authentication, because `startPasskey` did, and bound the challenge to this session.
 * @throws Refusal passkey_refused; passkey_expired; passkey_known; too_many_passkeys; unavailable, when the hashing queue is full
 */
export async function addPasskey({ services, principal }: PersonCtx, input: AddInput): Promise<Added> {
  const { accountId, sessionId, email } = principal;
  const { database, log } = services;
  const use = { purpose: "add" as const, about: sessionId, browserToken: input.browserToken };
  const fresh = await checkNewPasskey(services, input.passkey, { accountId, ...use });
  const oldCodes = await database.asPlatformStatement("find recovery codes", (db) => findRecoveryCodes(db, accountId));
  // Made before the transaction, because hashing takes long.
  const newCodes = oldCodes ? null : await makeRecoveryCodes(accountId);
  const added = await database.asPlatform("add a passkey", async (tx): Promise<Added> => {
    await lockAccount(tx.db, accountId);
    await fresh.spend(tx);
    const isFirst = !(await findSecondFactors(tx.db, accountId, null)).any;
    const others = await queries.listPasskeys(tx.db, accountId);
    if (others.length >= MAX_PASSKEYS) throw new Refusal("too_many_passkeys");
    const taken = others.map(({ name }) => name);
    const name = input.name ?? passkeyName(fresh.aaguid, fresh.transports, taken);
    const row = { ...fresh, passkeyId: uuidv7(), accountId, name };
    const inserted = await queries.insertPasskey(tx.db, row);
    if (!inserted) throw new Refusal("passkey_known");
    const hasNewCodes = newCodes !== null && (await setFirstRecoveryCodes(tx.db, accountId, newCodes));
    await queuePasskeyAddedMail(tx, services, { to: email, name, alone: isFirst });
    return {
      passkey: presentPasskey({ ...row, ...inserted, lastUsedAt: null }, fresh.rpId),
      recoveryCodes: hasNewCodes ? newCodes.codes : null,
      sessionToken: await renewSession(tx, sessionId, fresh.verifiesUser ? "verifiedPasskey" : "passkey"),
    };
  });
  log.info({ accountId }, "passkey added");
  return added;
}

/** @throws Refusal not_found */
export async function renamePasskey(
  { services, principal }: PersonCtx,
  { passkeyId, name }: { passkeyId: string; name: string },
) {
  const renamed = await services.database.asPlatformStatement("rename a passkey", (db) =>
    queries.renamePasskey(db, principal.accountId, passkeyId, name),
  );
  if (!renamed) throw new Refusal("not_found");
}

/** @throws Refusal reauthentication_required; not_found */
export async function removePasskey(ctx: PersonCtx, { passkeyId }: { passkeyId: string }): Promise<void> {
  await assertMayChangeFactors(ctx);
  const { services, principal } = ctx;
  const { accountId, email } = principal;
  await services.database.asPlatform("remove a passkey", async (tx) => {
    await lockAccount(tx.db, accountId);
    const { name } = orNotFound(await queries.deletePasskey(tx.db, accountId, passkeyId));
    const alone = await endWithoutFactors(tx.db, accountId);
    await queuePasskeyRemovedMail(tx, services, { to: email, name, alone });
  });
  services.log.info({ accountId }, "passkey removed");
}
