/** What the HTTP layer needs from accounts. It may not import this feature, so it gets an `Identity`. */
import { readDeviceCookie } from "../http/cookies.ts";
import type { Identity } from "../http/serve.ts";
import type { Services } from "../services.ts";
import { makeDeviceCookies } from "./device-cookie.ts";

export function makeIdentity(services: Services): Identity {
  const devices = makeDeviceCookies(services.keys);
  return {
    knownBrowser: (request) => devices.lastAccount(readDeviceCookie(request, services.config)),
  };
}
