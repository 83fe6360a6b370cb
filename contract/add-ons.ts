/** What an add-on switches on. */
export const ADD_ON_IDS = ["recording", "transcription", "dial_out", "instant_messaging"] as const;
export type AddOnId = (typeof ADD_ON_IDS)[number];
