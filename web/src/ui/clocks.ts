/**
 * Milliseconds on a clock that nobody can set: the only one for measuring intervals. It may stop while the computer sleeps
 * (High Resolution Time §4.1 leaves that to the system).
 */
export const monotonicNow = (): number => performance.now();

/** Milliseconds since 1970 on the computer's clock, which jumps when it is set: for dates on the page, never for intervals. */
export const wallNow = (): number => Date.now();
