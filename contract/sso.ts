/** Every reason for which a sign-in through single sign-on is refused, with what an admin reads who tests the connection. */
import { SAML_REFUSALS, type SamlRefusalReason } from "./saml.ts";

/** After the response was found genuine, or in OpenID Connect. */
const OTHER_REFUSALS = {
  too_slow: "Reading the response took too long. Try again; if that doesn't help, send fewer attributes and groups.",
  replayed: "The response, or its assertion, was used before. Sign in again from the sign-in page.",
  too_late: "The response came more than ten minutes after the request. Sign in again from the sign-in page.",
  other_browser: "The response came to another browser than the one that began. Sign in again, in one browser from start to end.",
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
    "The provider says that it hasn't verified the email address (email_verified is false). Verify addresses there, or invite the person and let them join their account from inside.",
  address_foreign:
    "The email address isn't on a verified domain of this workspace. Verify the domain, or let the person sign in with their own account first and join it under Settings.",
  not_invited:
    "This person is neither a member nor invited, and the connection doesn't let people join just in time. Invite them, or change who may enter.",
  no_default_role: "People can join just in time, but the role for them is gone. Choose another one.",
  no_licence:
    "All licences of this workspace are taken, so nobody can join just in time. To free one, suspend or remove someone, or withdraw an invitation.",
  suspended: "This member is suspended. Somebody who may suspend members can reactivate them.",
  owner_not_joined: "The owner joins an account to single sign-on from inside only, signed in.",
  out_of_reach:
    "Whoever set this connection up may not act for this member, who may do more. Somebody who may do as much must save the connection again, or the member joins their account from inside.",
  subject_taken: "Somebody else in this workspace is joined to this person of the provider.",
  subject_case: "The identifier differs from a known one in capital letters only. Choose an identifier that stays the same.",
  already_joined:
    "This member is joined to another person of the provider. If that is wrong, separate them from the connection under “Who gets in”, and let them sign in again.",
  not_asked_again:
    "The provider answered without asking you again. Sign out there first, or confirm with your own password or passkey.",
  someone_else: "You are somebody else at the provider than the one who is signed in here.",
} as const;

export const SSO_REFUSALS = { ...SAML_REFUSALS, ...OTHER_REFUSALS };
export type SsoRefusalReason = SamlRefusalReason | keyof typeof OTHER_REFUSALS;
export const SSO_REFUSAL_REASONS = Object.keys(SSO_REFUSALS) as [SsoRefusalReason, ...SsoRefusalReason[]];

/** Why the metadata at a connection's URL were read again and not taken over. */
export const HELD_METADATA = {
  other_entity:
    "The metadata at this URL name another entity ID than before. If the provider changed it on purpose, enter the URL again; otherwise find out who can change what is there.",
  out_of_reach:
    "Whoever gave whoot this URL has left, or may no longer act for everybody who is joined to the connection. Changes at the URL are taken over only once somebody who may do as much reads the metadata again.",
} as const;
export type HeldMetadata = keyof typeof HELD_METADATA;
