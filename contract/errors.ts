/**
 * Every way a request can be refused. `code` is stable and is what clients switch on; `title` is the fallback sentence.
 * Problem documents follow RFC 9457.
 */
import { z } from "zod";

export const ERRORS = {
  invalid_input: [400, "Some fields aren't valid. Check them and try again."],
  malformed_json: [400, "The request body isn't valid JSON."],
  not_signed_in: [401, "Sign in first."],
  wrong_credentials: [401, "That email and password don't match. Check both and try again."],
  wrong_code: [401, "That code isn't right. Each code works once: wait for the next one and try again."],
  passkey_refused: [401, "That passkey doesn't work here. It may have been removed. Use another one, or your password."],
  passkey_expired: [401, "That took too long, or began in another browser. Try again."],
  sign_in_expired: [401, "Too much time has passed since you entered your password. Sign in again."],
  reauthentication_required: [403, "Confirm that it's you first."],
  forbidden: [403, "Your role doesn't allow this. Ask an admin of the workspace."],
  not_offered_to_you: [403, "The workspace isn't offered to you. Its owner can offer it."],
  owner_only: [403, "Only the workspace's owner can do this."],
  password_required: [403, "You signed up in another browser. Enter the password you chose then."],
  password_too_short: [403, "Your password is shorter than 15 characters, and you have no second factor. Choose a longer one."],
  outranked: [403, "Their role allows more than yours. Ask an admin of the workspace."],
  suspended: [403, "You're suspended from this workspace. Ask an admin."],
  mfa_required: [403, "This workspace requires two-step verification. Set it up, or use it, in your account."],
  session_expired_here: [403, "Your session in this workspace has ended. Confirm that it's you to go on."],
  sso_required: [403, "This workspace requires single sign-on. Sign in through it."],
  sso_refused: [403, "The sign-in was refused. Ask an admin of the workspace to test its single sign-on."],
  account_sign_in_required: [
    403,
    "You signed in through a workspace's single sign-on, which admits you to that workspace alone. Sign in with your own password or passkey for this.",
  ],
  cross_site: [403, "This request came from another site and was refused."],
  invitation_other_address: [403, "This invitation is for another email address."],
  not_found: [404, "There is nothing here, or you may not see it."],
  slug_taken: [409, "That address is taken. Choose another."],
  slug_reserved: [409, "That address is reserved. Choose another."],
  slug_look_alike: [409, "That address looks like one that is taken. Choose another."],
  too_many_slugs: [409, "This workspace still keeps 10 earlier addresses. Go back to one of them, or wait until one is free."],
  owner_must_stay: [409, "You own this workspace. Transfer ownership first, or delete it."],
  ownership_offer_pending: [409, "The workspace is already offered to someone. Withdraw that offer first."],
  channel_name_taken: [409, "A channel with that name already exists. Choose another name."],
  no_second_factor: [409, "This person has no two-step verification to turn off."],
  mfa_reset_incomplete: [409, "Other workspaces that you belong to must ask for this, too. Nothing was changed yet."],
  mfa_yourself_first: [409, "Set up two-step verification for yourself first, and use it in this session."],
  passkeys_unavailable: [
    409,
    "Passkeys need a host name, and this server's public address is an IP address. Ask whoever runs it.",
  ],
  passkey_known: [409, "That passkey is in use already."],
  too_many_passkeys: [409, "You have 20 passkeys, which is the most. Remove one first."],
  sso_untested: [409, "Test the connection first. The test must have succeeded within the last hour, and must be yours."],
  sso_unfinished: [409, "This connection isn't set up yet. Fill in what the identity provider gives you first."],
  sso_is_required: [409, "Single sign-on is required, and this is the last connection. Stop requiring it first."],
  sso_without_domain: [409, "Verify a domain first. Single sign-on is required of people whose address is on one."],
  role_name_taken: [409, "A role with that name, or one that looks like it, already exists. Choose another name."],
  role_built_in: [409, "Built-in roles can't be changed or deleted. Copy it and change the copy."],
  role_changed: [409, "Someone else changed this role. Look at it again, then make your change."],
  role_in_use: [409, "This role is in use. Choose the role that replaces it."],
  quota_reached: [409, "This workspace has as many of these as it can have. Delete one, or ask whoever runs the server."],
  licences_taken: [
    409,
    "All licences of the workspace are taken. To free one, suspend or remove someone, or withdraw an invitation.",
  ],
  add_on_missing: [409, "This workspace hasn't bought that add-on. Add it under Billing."],
  billing_off: [409, "This server has no billing: nothing is sold, and nothing limited."],
  billing_unchanged: [409, "That changes nothing. Look at the subscription again."],
  billing_halted: [409, "Billing of this workspace waits for whoever runs the server. Ask them."],
  licences_in_use: [409, "More licences are taken than that. Suspend or remove people first, or withdraw invitations."],
  quote_outdated: [409, "The subscription has changed since this price was shown. Look at the new price, then confirm it."],
  quote_expired: [410, "This price was shown more than ten minutes ago. Look at the new price, then confirm it."],
  already_member: [409, "That person is already a member of this workspace."],
  already_invited: [409, "That address already has a pending invitation. Send it again from the list of invitations."],
  member_or_invited: [
    409,
    "That person is already a member or already invited. Someone who can see email addresses can tell which.",
  ],
  not_yourself: [409, "You can't change your own role, or suspend or remove yourself. Ask another admin."],
  owner_protected: [409, "The owner can't be demoted, suspended or removed. Transfer ownership first."],
  last_admin: [409, "A workspace needs an active Admin. Make someone else an Admin first."],
  confirmation_mismatch: [409, "That isn't the workspace's address. Type it exactly."],
  access_review_open: [409, "An access review is already open. End it before you start another."],
  access_review_ended: [409, "This access review is over. Its decisions are final."],
  access_review_unfinished: [409, "Not everyone is decided yet. Decide on the rest, or end the review early."],
  access_changed: [409, "Their access changed since you looked at it. Look again, then decide."],
  access_decided: [409, "Someone already decided on this. Look again, then decide."],
  key_rotating: [409, "The key is being replaced already. Wait until that is done."],
  key_rotated_lately: [409, "The key was replaced within the last day. It can be replaced again a day after that."],
  export_running: [409, "An export is already being made. Wait until it is ready, or stop it."],
  too_many_exports: [409, "This workspace already keeps 10 exports. Remove one first."],
  enrolment_expired: [410, "This took too long, or was started again elsewhere. Start the set-up again."],
  sso_expired: [410, "This sign-in took too long, or was finished already. Start again."],
  link_expired: [410, "This link has expired. Ask for a new one."],
  link_used: [410, "This link has already been used."],
  link_replaced: [410, "A newer mail replaced this link. Open the link in the newest mail."],
  invitation_lapsed: [
    410,
    "The person who sent this invitation can't invite you any more. Ask an admin of the workspace to send it again.",
  ],
  invitation_revoked: [410, "This invitation was withdrawn. Ask the person who sent it."],
  body_too_large: [413, "The request is too large."],
  unsupported_media_type: [415, "Send JSON (content-type: application/json)."],
  unsupported_image: [415, "That isn't a PNG, JPEG, WebP or SVG image. Choose another file."],
  range_not_satisfiable: [416, "The requested range is past the end of the file."],
  image_unreadable: [422, "That image can't be read: it is damaged, or takes too long to draw. Choose another file."],
  image_too_large: [422, "That image has too many pixels. Make it smaller than 5,000 by 5,000 and try again."],
  upgrade_required: [426, "This address accepts only WebSocket connections."],
  rate_limited: [429, "Too many attempts. Wait a moment and try again."],
  internal: [500, "Something went wrong on our side. Try again; if it persists, tell your operator the request id."],
  unavailable: [503, "whoot can't reach its database right now. Nothing was changed; try again in a moment."],
  disk_unavailable: [
    503,
    "whoot can't write to its disk, which may be full. Nothing was changed. Ask its operator to look at it, then try again.",
  ],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** RFC 9457 problem document. `detail` says what happened and what to do; `fields` lists the invalid inputs. */
export const Problem = z
  .strictObject({
    type: z.string().describe("URI reference for the kind of problem: `/problems/{code}`"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(ERROR_CODES),
    requestId: z.string(),
    fields: z.array(z.strictObject({ path: z.string().describe("Dotted path of the input"), message: z.string() })).optional(),
    retryAfter: z.int().optional().describe("Seconds to wait, with rate_limited"),
  })
  .meta({ id: "Problem" });

export type Problem = z.infer<typeof Problem>;
