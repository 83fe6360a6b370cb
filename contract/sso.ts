/**
 * Every reason for which a sign-in through single sign-on is refused, with the sentence that an admin reads when testing the connection.
 */
import { SAML_REFUSALS, type SamlRefusalReason } from "./saml.ts";

/** Refusals of SAML responses with a valid signature, and of OpenID Connect. */
const OTHER_REFUSALS = {
  too_slow: "Reading the response took too long. Try again; if that doesn't help, send fewer attributes and groups.",
  replayed: "The response, or its assertion, was used before. Sign in again from the sign-in page.",
  too_late: "The response came more than ten minutes after the request. Sign in again from the sign-in page.",
  other_browser:
    "The response came to another browser than the one in which the sign-in began. Sign in again, in one browser from start to end.",
  switched_off: "The connection is switched off, or isn't set up yet. Finish its set-up here and switch it on.",
  provider_unreachable:
    "whoot can't read the provider's configuration. It must answer over https with a valid certificate, from a public address, within 5 seconds, without a redirect. For a server inside your network, ask whoever runs whoot to list it (WHOOT_OUTBOUND_ALLOW).",
  provider_issuer:
    "The provider's configuration names another issuer than the connection. Copy the issuer letter by letter, with or without its last slash.",
  provider_shared: "This issuer serves every organization at once. Use the issuer of your own tenant, with its id in the URL.",
  provider_endpoint:
    "The provider's configuration names no web address to sign in at. Its authorization_endpoint must begin with https://.",
  provider_error:
    "The provider answered with an error. Look for the reason in its own log; access_denied usually means that the person isn't assigned to the application there.",
  code_exchange:
    "The provider didn't accept the code. Check the client ID and the client secret, and that the redirect URI is this connection's.",
  id_token: "The ID token can't be accepted. Check the issuer and the client ID.",
  id_token_signature:
    "The ID token's signature can't be accepted. It must verify with one of the keys that the provider publishes (jwks_uri), and be made with RS256, PS256, ES256, EdDSA or a longer variant, not with HS256.",
  id_token_time:
    "The ID token's time is wrong. The provider's clock is behind or ahead, or this server's is. Set the wrong one by a time server.",
  userinfo: "The provider's userinfo is about somebody else than the ID token. Have the provider send the same sub in both.",
  address_missing: "The provider sends no email address. Add an attribute or claim with it, or choose it in the mapping.",
  address_unverified:
    "The provider says that it hasn't verified the email address (email_verified is false). Verify addresses there, or invite the person, who then joins their own account under Settings.",
  address_foreign:
    "The email address isn't on a verified domain of this workspace. Verify the domain, or let the person sign in with their own account first and join it under Settings.",
  not_invited:
    "This person is neither a member nor invited, and the connection doesn't let people join just in time. Invite them, or change who may enter.",
  no_default_role: "People can join just in time, but the role for them is gone. Choose another one.",
  no_licence:
    "All licences of this workspace are taken, so nobody can join just in time. To free one, suspend or remove someone, or withdraw an invitation.",
  suspended: "This member is suspended. Somebody who may suspend members can reactivate them.",
  owner_not_joined:
    "The owner is never joined automatically. The owner signs in with their own account first, and joins it under Settings.",
  out_of_reach:
    "This member may do more than the person who set this connection up, so they are not joined automatically. Somebody who may do as much must save the connection again, or the member signs in with their own account and joins it under Settings.",
  subject_taken: "This person of the provider is already joined to another member of this workspace.",
  subject_case: "The identifier differs from a known one in capital letters only. Choose an identifier that stays the same.",
  already_joined:
    "This member is joined to another person of the provider. If that is wrong, separate them from the connection under “Who gets in”, and let them sign in again.",
  not_asked_again:
    "The provider answered without asking you again. Sign out there first, or confirm with your own password or passkey.",
  someone_else: "The person who signed in at the provider is not the one who is signed in here.",
} as const;

export const SSO_REFUSALS = { ...SAML_REFUSALS, ...OTHER_REFUSALS };
export type SsoRefusalReason = SamlRefusalReason | keyof typeof OTHER_REFUSALS;
export const SSO_REFUSAL_REASONS = Object.keys(SSO_REFUSALS) as [SsoRefusalReason, ...SsoRefusalReason[]];

/** Why metadata that were read again from a connection's URL were not taken over. */
export const HELD_METADATA = {
  other_entity:
    "The metadata at this URL name another entity ID than before. If the provider changed it on purpose, enter the URL again; otherwise find out who can change what is there.",
  out_of_reach:
    "The person who entered this URL has left, or may now do less than others who are joined to the connection. Changes at the URL are taken over only once somebody who may do as much as they do reads the metadata again.",
} as const;
export type HeldMetadata = keyof typeof HELD_METADATA;
