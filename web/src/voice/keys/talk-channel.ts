/** Attribute of a talk button with the id of its channel, for the pointer and for keys while the button has the focus. */
export const TALK_CHANNEL = "data-talk-channel";
