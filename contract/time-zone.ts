/**
 * Whether this runtime knows the IANA time zone. Browsers and servers know different zones, and a system with an unknown zone reports
 * `Etc/Unknown`, which Intl refuses.
 */
export function isTimeZone(name: unknown): name is string {
  // Intl accepts offsets ("+02:00"), too. They ignore summer time, so they would be wrong half of the year.
  if (typeof name !== "string" || name.length > 64 || !/^[A-Za-z]/.test(name) || name === "Etc/Unknown") return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The zone if this runtime knows it, else UTC. */
export const knownZone = (name: unknown): string => (isTimeZone(name) ? name : "UTC");
