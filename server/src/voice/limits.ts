/** Every limit of the voice core that is not part of the contract. */

/**
 * How long a talk may send no audio. Some browsers need two seconds to open a microphone; after ten the talker is not heard
 * although everyone sees them as talking.
 */
export const NO_AUDIO_MS = 10_000;

/** Ends a latch that somebody forgot: nobody wants a day of office noise, live or recorded. */
export const MAX_TALK_MS = 30 * 60_000;

/** Presence changes are collected this long: too short to notice, but a shift change of 500 people takes only a few messages. */
export const PRESENCE_WINDOW_MS = 100;

/** Unsent bytes at which a slow client is cut off. At the usual 200 B a message, it is minutes behind by then. */
export const SLOW_CONSUMER_BYTES = 4 * 1024 * 1024;

/** A connection that is not admitted within this time is asked to reconnect. */
export const ADMISSION_TIMEOUT_MS = 10_000;
/** Bytes that a client may send before it is admitted; many times what joining its channels and media.connect need. */
export const ADMISSION_INBOX_BYTES = 256 * 1024;

/** How long to wait for the client's close frame; a dead client never sends one. */
export const CLOSE_GRACE_MS = 2_000;

/**
 * Fail safe: when a change of members, channels or tenant cannot be read for this long, somebody may be listening or
 * talking who must not. Every connection of the tenant is closed, and reconnecting needs admission.
 */
export const OVERDUE_CHANGE_MS = 10_000;
export const REFRESH_RETRY_FIRST_MS = 250;
export const MAX_REFRESH_RETRY_MS = 2_000;
/** Refresh reads that run at the same time, over all tenants, so that a resync leaves connections to the API. */
export const REFRESH_CONCURRENCY = 4;

/** How long to wait for the answer to endTransmission. A live media worker answers within milliseconds. */
export const ENDING_TIMEOUT_MS = 3_000;

/**
 * Open connections of one account, over all its tenants. Each costs a socket, perhaps a native peer, and a presence entry sent
 * to everybody. A person has a few tabs and devices; without a limit one viewer could exhaust what all tenants share.
 */
export const MAX_CONNECTIONS_PER_ACCOUNT = 40;

/**
 * How often the access of everybody who is connected is read again: no event announces rows that somebody deleted by hand, or clocks that were set.
 */
export const RECHECK_MS = 60_000;

/**
 * How long the read may take that checks whether an access was renewed at its end. Live audio must end within 200 ms, so without an answer by then
 * the connection is closed, and reconnecting needs admission.
 */
export const END_CHECK_MS = 150;
/** Shortest time until the next check of an end. A timer may fire a little before the end, and would then be set again and again. */
export const MIN_END_TIMER_MS = 5;
export const MAX_END_TIMER_MS = 24 * 3_600_000;

/**
 * Shortest pause between two broadcasts of what one client can hear. Each joined channel makes the message longer, so each
 * adds to the pause.
 */
export const LISTENING_WINDOW_MS = 500;
export const LISTENING_WINDOW_PER_CHANNEL_MS = 25;

/** media.connect creates a native peer, which costs far more than any other message. */
export const MEDIA_CONNECT_BURST = 10;
export const MEDIA_CONNECTS_PER_SECOND = 0.5;
