/** A software authenticator: keeps passkeys and answers challenges as a browser does. Tests bend its answers. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isoCBOR } from "@simplewebauthn/server/helpers";
import type { Answer, HttpClient } from "./http.ts";
import { type Person, signUpPerson } from "./people.ts";
import type { TestServer } from "./server.ts";

interface Credential {
  id: Buffer;
  rpId: string;
  userHandle: string;
  privateKey: KeyObject;
  counter: number;
}

/** What differs from an honest answer. */
export interface Bent {
  origin?: string;
  /** The RP id that the authenticator signs. */
  rpId?: string;
  challenge?: string;
  type?: string;
  crossOrigin?: boolean;
  /** Whether the authenticator checks the person. */
  verified?: boolean;
  present?: boolean;
  counter?: number;
  userHandle?: string | null;
  /** Signs with another key. */
  otherKey?: boolean;
  credential?: Credential;
  /** Bytes of the credential's id. */
  idBytes?: number;
  id?: Buffer;
  /** The statement of the attestation, and its format. */
  attestation?: [fmt: string, statement: Map<string, string | Uint8Array>];
}

export interface Authenticator {
  credentials: Credential[];
  /** Answers a challenge of startPasskey. */
  create(creation: any, bent?: Bent): { clientDataJson: string; attestationObject: string; transports: string[] };
  /** Answers a challenge for using a passkey. */
  get(request: any, bent?: Bent): Record<string, string | null>;
}

type Cbor = string | number | Uint8Array | Map<string | number, Cbor>;

const FLAGS = { present: 1, verified: 4, attested: 64 };

function clientData(
  challenge: string,
  type: string,
  { origin, crossOrigin = false, ...bent }: Bent & { origin: string },
): Buffer {
  const data = { type: bent.type ?? type, challenge: bent.challenge ?? challenge, origin, crossOrigin };
  return Buffer.from(JSON.stringify(data));
}

function authenticatorData(rpId: string, flags: number, counter: number, attested: Buffer = Buffer.alloc(0)): Buffer {
  const tail = Buffer.alloc(5);
  tail.writeUInt8(flags);
  tail.writeUInt32BE(counter, 1);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), tail, attested]);
}

function coseKey(publicKey: KeyObject): Uint8Array {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const coordinates = [x, y].map((part) => new Uint8Array(Buffer.from(part, "base64url"))) as [Uint8Array, Uint8Array];
  const key = new Map<string | number, Cbor>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, coordinates[0]],
    [-3, coordinates[1]],
  ]);
  return isoCBOR.encode(key);
}

/** @param usual how this authenticator behaves unless a call says otherwise. `origin` is that of the page. */
export function makeAuthenticator(usual: Bent & { origin: string }): Authenticator {
  const credentials: Credential[] = [];
  return {
    credentials,

    create(creation, bent = {}) {
      const how = { verified: true, present: true, ...usual, ...bent };
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const id = how.id ?? randomBytes(how.idBytes ?? 32);
      credentials.push({ id, rpId: creation.rp.id, userHandle: creation.user.id, privateKey, counter: how.counter ?? 0 });
      const idLength = Buffer.alloc(2);
      idLength.writeUInt16BE(id.length);
      const attested = Buffer.concat([Buffer.alloc(16), idLength, id, coseKey(publicKey)]);
      const flags = (how.present ? FLAGS.present : 0) | (how.verified ? FLAGS.verified : 0) | FLAGS.attested;
      const [fmt, statement] = how.attestation ?? ["none", new Map<string, string | Uint8Array>()];
      const attestation = new Map<string | number, Cbor>([
        ["fmt", fmt],
        ["attStmt", statement],
        ["authData", new Uint8Array(authenticatorData(how.rpId ?? creation.rp.id, flags, how.counter ?? 0, attested))],
      ]);
      return {
        clientDataJson: clientData(creation.challenge, "webauthn.create", how).toString("base64url"),
        attestationObject: Buffer.from(isoCBOR.encode(attestation)).toString("base64url"),
        transports: ["internal"],
      };
    },

    get(request, bent = {}) {
      const how = { verified: true, present: true, ...usual, ...bent };
      const allowed = new Set((request.allowCredentials as Array<{ id: string }>).map(({ id }) => id));
      const isAllowed = ({ id, rpId }: Credential) =>
        rpId === request.rpId && (allowed.size === 0 || allowed.has(id.toString("base64url")));
      const credential = bent.credential ?? credentials.findLast(isAllowed);
      if (!credential) throw new Error("the authenticator has no passkey for this");
      const flags = (how.present ? FLAGS.present : 0) | (how.verified ? FLAGS.verified : 0);
      const data = authenticatorData(how.rpId ?? request.rpId, flags, how.counter ?? credential.counter);
      const json = clientData(request.challenge, "webauthn.get", how);
      const key = how.otherKey ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey : credential.privateKey;
      const signature = sign("sha256", Buffer.concat([data, createHash("sha256").update(json).digest()]), key);
      return {
        credentialId: credential.id.toString("base64url"),
        clientDataJson: json.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: signature.toString("base64url"),
        userHandle: how.userHandle === undefined ? credential.userHandle : how.userHandle,
      };
    },
  };
}

/** Adds a passkey of this authenticator to the account of the signed-in person. */
export async function addPasskey(person: HttpClient, authenticator: Authenticator, bent?: Bent): Promise<Answer> {
  const started = await person.post("/api/v1/me/passkeys/challenge");
  if (started.status !== 200) return started;
  return person.post("/api/v1/me/passkeys", { passkey: authenticator.create(started.json, bent) });
}

export interface PersonWithPasskey {
  person: Person;
  authenticator: Authenticator;
  passkeyId: string;
  /** The recovery codes that came with the passkey. */
  codes: string[];
}

/** Signs a person up and adds a passkey. @param usual how the authenticator behaves */
export async function signUpWithPasskey(server: TestServer, name: string, usual: Bent = {}): Promise<PersonWithPasskey> {
  const person = await signUpPerson(server, name);
  const authenticator = makeAuthenticator({ origin: passkeyOrigin(server), ...usual });
  const { status, json, text } = await addPasskey(person, authenticator);
  if (status !== 201) throw new Error(`adding a passkey was answered ${status}: ${text}`);
  return { person, authenticator, passkeyId: json.passkey.passkeyId, codes: json.recoveryCodes };
}

/** The server's public URL, at which passkeys work: http://localhost and the port. */
export const passkeyOrigin = ({ url }: Pick<TestServer, "url">): string => url.replace("127.0.0.1", "localhost");

/** Signs a browser in with a passkey alone. */
export async function signInWithPasskey(browser: HttpClient, authenticator: Authenticator, bent?: Bent): Promise<Answer> {
  const { json } = await browser.post("/api/v1/session/passkey-challenge");
  return browser.post("/api/v1/session/passkey", { passkey: authenticator.get(json, bent) });
}
