import type { Microphone, Notice } from "./state.ts";

interface Who {
  channel: string;
  role: string;
  /** Who may change who talks needn't ask an admin. */
  mayAddSelf?: boolean;
}

/** Why talking was refused or ended: what it is, and who can change it. */
export function refusalWords(reason: Notice["reason"], { channel, role, mayAddSelf = false }: Who): string {
  switch (reason) {
    case "role_cannot_talk":
      return `Your role, ${role}, can listen but not talk. An admin can change your role.`;
    case "channel_restricted":
      return `Only chosen people may talk on ${channel}. ${mayAddSelf ? "You can add yourself in its settings." : "An admin can add you."}`;
    case "latch_not_allowed":
      return `Your role, ${role}, takes the talk key held down. An admin can change your role.`;
    case "not_joined":
      return `Join ${channel} before you talk.`;
    case "no_media":
      return "Your audio isn't connected yet. Wait a moment, then press again.";
    case "already_talking":
      return "You're already talking. Release first.";
    case "not_connected":
      return "Not connected: nobody can hear you. Wait for the connection, then press again.";
    case "microphone":
      return "There is no microphone to talk with. See the note above the board.";
    case "other_tab":
      return `You began to talk in another tab, so ${channel} doesn't carry your voice any more.`;
    case "revoked":
      return `You may no longer talk on ${channel}. An admin changed it just now.`;
    case "channel_deleted":
      return `${channel} was deleted.`;
    case "left":
      return `You left ${channel}.`;
    case "media_lost":
      return "Your audio connection broke, so what you said last may be missing. Press again.";
    case "too_long":
      return "You reached the time limit. Release, then press again.";
    case "no_audio":
      return "No sound came from your microphone. Check that it isn't muted, then press again.";
  }
}

/** What is wrong with the microphone and how to fix it; null when nothing is. Listening works in any case. */
export function microphoneWords(microphone: Microphone): { title: string; fix: string; canRetry: boolean } | null {
  switch (microphone) {
    case "unasked":
    case "ready":
      return null;
    case "asking":
      return { title: "Allow the microphone", fix: "Your browser is asking. You can listen meanwhile.", canRetry: false };
    case "denied":
      return {
        title: "The microphone is blocked",
        fix: "You can listen but not talk. Click the icon left of the address, allow the microphone, then try again.",
        canRetry: true,
      };
    case "missing":
      return {
        title: "No microphone found",
        fix: "You can listen but not talk. Plug one in, or choose one in your system's sound settings, then try again.",
        canRetry: true,
      };
    case "busy":
      return {
        title: "The microphone can't be opened",
        fix: "You can listen but not talk. Another program may be using it: close that one, then try again.",
        canRetry: true,
      };
    case "insecure":
      return {
        title: "No microphone on this address",
        fix: "Browsers give a microphone only to https:// pages. You can listen; ask your operator for the https:// address.",
        canRetry: false,
      };
  }
}
