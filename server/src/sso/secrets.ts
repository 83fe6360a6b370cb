/** Secrets of connections, sealed with a key that is derived from the master key. */
import { open, seal } from "../platform/seal.ts";
import type { Services } from "../services.ts";
import { SsoRefusal } from "./asserted.ts";

type Keys = Pick<Services, "keys">;

export function sealSecret({ keys }: Keys, secret: string, context: string): Buffer {
  return seal(keys.platformKey("sso"), secret, context);
}

/** @throws SsoRefusal switched_off if the secret was sealed with another master key. It must be entered again. */
export function openSecret({ keys }: Keys, sealed: Buffer, context: string): string {
  try {
    return open(keys.platformKey("sso"), sealed, context).toString();
  } catch {
    throw new SsoRefusal("switched_off");
  }
}

export const serviceKeyContext = (connectionId: string) => `service key of connection ${connectionId}`;
export const clientSecretContext = (connectionId: string) => `client secret of connection ${connectionId}`;
export const transactionContext = (transactionId: string) => `outcome of ${transactionId}`;
export const handleContext = (handle: string) => `secrets of ${handle}`;
