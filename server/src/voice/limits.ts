/** Every limit of the voice core that is not part of the contract, with its reason. */

/**
 * A press without any sound. Opening a microphone takes some browsers two seconds; a talker that is not heard after ten
 * talks into a dead line, and everyone sees them as talking.
 */
export const NO_AUDIO_MS = 10_000;

/** A latch that somebody forgot: a working day of office noise is neither wanted live nor in the recordings. */
export const MAX_TALK_MS = 30 * 60_000;

/** How long presence is gathered: a person does not see it, a shift change of 500 people becomes a few messages. */
export const PRESENCE_WINDOW_MS = 100;

/** What may wait for a client that reads too slowly; at the usual 200 B a message that is minutes behind. */
export const SLOW_CONSUMER_BYTES = 4 * 1024 * 1024;

/** A connection that cannot be admitted by then is asked to reconnect. */
export const ADMISSION_TIMEOUT_MS = 10_000;
/** What a client may say before it is admitted: joins of many channels and a media.connect fit many times. */
export const ADMISSION_INBOX_BYTES = 256 * 1024;

/** Time for the other side's close frame; a dead peer never sends one. */
export const CLOSE_GRACE_MS = 2_000;

/**
 * Fail safe: when a change of members, channels or tenant was told but could not be read for this long, somebody may be
 * listening or talking who must not. Every connection of the tenant is closed for reconnecting, which needs admission.
 */
export const OVERDUE_CHANGE_MS = 10_000;
export const REFRESH_RETRY_FIRST_MS = 250;
export const REFRESH_RETRY_MOST_MS = 2_000;
/** Reads for refreshing at the same time, all tenants together, so that a resync leaves the pool to the API. */
export const REFRESH_CONCURRENCY = 4;

/** A media worker that is alive answers endTransmission in milliseconds; after this its answer is not waited for. */
export const ENDING_TIMEOUT_MS = 3_000;

/**
 * Open connections of one account, all its tenants together. Each is a socket, perhaps a native peer, and a line of everybody's
 * presence; a person has a few tabs and devices. Without it one viewer could take what all tenants share.
 */
export const MAX_CONNECTIONS_PER_ACCOUNT = 40;

/**
 * How often it is read whether everybody connected may still be: nobody tells when a web session runs out, or when somebody
 * takes rows away by hand.
 */
export const RECHECK_MS = 5 * 60_000;

/** media.connect makes a native peer, far dearer than any other message. */
export const MEDIA_CONNECT_BURST = 10;
export const MEDIA_CONNECTS_PER_SECOND = 0.5;
