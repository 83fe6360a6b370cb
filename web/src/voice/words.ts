import { SLOT_COUNT } from "#contract/gateway.ts";
import type { AudioTrouble, Microphone, Notice } from "./model.ts";

/** The name of the Meta key: ⌘ on Apple's systems. */
const META = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "") ? "⌘" : "the Meta key";

interface Who {
  channel: string;
  role: string;
  /** This person may change who talks on the channel, so they needn't ask an admin. */
  mayAddSelf?: boolean;
}

/** Says why a talk was refused or ended, and what to do or who can change it. */
export function refusalWords(reason: Notice["reason"], { channel, role, mayAddSelf = false }: Who): string {
  switch (reason) {
    case "role_cannot_talk":
      return `Your role, ${role}, can listen but not talk. An admin can change your role.`;
    case "channel_restricted":
      return `Only chosen people may talk on ${channel}. ${mayAddSelf ? "You can add yourself in its settings." : "An admin can add you."}`;
    case "workspace_unpaid":
      return "Nobody can begin to talk until the workspace's bill is paid. An admin can look at Billing.";
    case "latch_not_allowed":
      return "Your role can't latch. Hold to talk.";
    case "not_joined":
      return `Join ${channel} before you talk.`;
    case "no_media":
      return "Your audio isn't connected, so nobody would hear you.";
    case "already_talking":
      return "You're already talking. Release first.";
    case "not_connected":
      return "Not connected: nobody can hear you. Wait for the connection, then press again.";
    case "microphone":
      return "No microphone is available. See the note at the top of the page.";
    case "microphone_lost":
      return `You're off ${channel}: the microphone was unplugged.`;
    case "microphone_muted":
      return `You're off ${channel}: your system or headset muted the microphone.`;
    case "other_tab":
      return `You started talking in another tab, so you're off ${channel}.`;
    case "focus_lost":
      return `You're off ${channel}: this window lost focus.`;
    case "meta_key":
      return `You're off ${channel}: pressing ${META} ends a held press.`;
    case "revoked":
      return `You can no longer talk on ${channel}. An admin just changed it.`;
    case "channel_deleted":
      return `${channel} was deleted.`;
    case "left":
      return `You left ${channel}.`;
    case "media_lost":
      return "Your audio connection broke, so your last words may be missing. Press again.";
    case "too_long":
      return "You reached the time limit. Release, then press again.";
    case "no_audio":
      return "No sound came from your microphone. Check that it isn't muted, then press again.";
  }
}

/**
 * Says how many people on a channel can hear this person.
 * @param listeners everybody else on the channel
 */
export function hearWords(listeners: readonly { name: string; hears: boolean }[]): string {
  if (listeners.length === 0) return "Nobody else is here to hear you";
  const deaf = listeners.filter(({ hears }) => !hears).map(({ name }) => name);
  const hearing = listeners.length - deaf.length;
  if (deaf.length === 0) return hearing === 1 ? "1 person can hear you" : `${hearing} people can hear you`;
  const count = hearing === 0 ? `None of ${listeners.length} can hear you` : `${hearing} of ${listeners.length} can hear you`;
  if (listeners.length === 1) return `${deaf[0]} is here but can't hear you`;
  return deaf.length <= MAX_NAMED ? `${count}: not ${list(deaf)}` : count;
}

/** Says why a talker is not heard here. */
export function uncarriedWords(): string {
  return `not heard: ${SLOT_COUNT} others are talking`;
}

const MAX_NAMED = 2;

function list(items: readonly string[]): string {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(items);
}

/** Says what is wrong with the microphone and how to fix it; null when nothing is wrong. Listening works in any case. */
export function microphoneWords(microphone: Microphone): { title: string; fix: string; canRetry: boolean } | null {
  switch (microphone) {
    case "unasked":
    case "ready":
      return null;
    case "asking":
      return { title: "Allow the microphone", fix: "Your browser is asking. You can listen meanwhile.", canRetry: false };
    case "muted":
      return {
        title: "Your microphone is muted",
        fix: "Your system or headset muted it. Unmute it there. You don't need to reload.",
        canRetry: false,
      };
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
        fix: "You can listen but not talk. Another program may be using it: close that program, then try again.",
        canRetry: true,
      };
    case "insecure":
      return {
        title: "No microphone at this address",
        fix: "You can listen but not talk. Browsers allow the microphone only on https:// pages: ask your operator for that address.",
        canRetry: false,
      };
  }
}

/** Says why audio does not connect, and what the operator of the server can do about it. */
export function audioTroubleWords(
  { servers, hasNetwork }: AudioTrouble,
  hostname: string,
): { cause: string; forOperator: string | null } {
  if (servers.length === 0)
    return { cause: "The server offered no audio connection.", forOperator: "The server's log says why." };
  if (!hasNetwork) {
    return {
      cause: "This browser found no network on this computer to send audio over. Connect to one, then reload.",
      forOperator: null,
    };
  }
  const all = list(servers);
  const local = /^(127\.|\[::1\])/;
  if (servers.every((server) => local.test(server)) && !["localhost", "127.0.0.1", "[::1]"].includes(hostname)) {
    return {
      cause: "The server listens for audio on its own machine only.",
      forOperator: `It offered ${all}. Set WHOOT_MEDIA_HOST and WHOOT_MEDIA_ADDRESS.`,
    };
  }
  const port = servers[0]!.slice(servers[0]!.lastIndexOf(":") + 1);
  return {
    cause: "Something between this browser and the server blocks UDP: a firewall, a VPN or the network.",
    forOperator:
      `The browser tried ${all}. Open UDP port ${port}, and set WHOOT_MEDIA_HOST and WHOOT_MEDIA_ADDRESS to an address ` +
      "that browsers can reach.",
  };
}
