/** How long a new password must be (NIST SP 800-63B-4 §3.1.1.2): its length alone, and no rules on what it is made of. */

/** Least number of characters without and with a second factor. */
export const MIN_PASSWORD_ALONE = 15;
export const MIN_PASSWORD_WITH_FACTOR = 8;

/** In code points of its Unicode form NFC, which is what is hashed. */
export function passwordLength(password: string): number {
  return Array.from(password.normalize("NFC")).length;
}

export const tooShort = (min: number) => `Use at least ${min} characters. A few words are easy to remember.`;
