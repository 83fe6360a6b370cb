/** The web app's pages that mails link to. The server builds links from them, and the web app its routes. */

declare const isPage: unique symbol;

/** Only this file can make one, so that no mail contains a link built by hand. */
export type MailedPath = string & { readonly [isPage]: true };

const page = (path: string) => path as MailedPath;

/** Puts the token in the fragment, which browsers keep out of requests, logs and referrers. */
const withToken = (path: string, token: string | undefined) => page(token ? `${path}#${token}` : path);

export const mailedPaths = {
  signIn: () => page("/sign-in"),
  verify: (token?: string) => withToken("/verify", token),
  forgotPassword: () => page("/forgot-password"),
  account: () => page("/account"),
  mfaReset: (token?: string) => withToken("/security/two-step-reset", token),
  emailChange: (token?: string) => withToken("/email-change", token),
  resetPassword: (token?: string) => withToken("/reset-password", token),
  invitation: (token?: string) => withToken("/invitation", token),
  deletion: (token?: string) => withToken("/deletion", token),
  ssoSignIn: (connectionId: string) => page(`/sso/${encodeURIComponent(connectionId)}`),
  ssoFinish: (ticket?: string) => withToken("/sso/finish", ticket),
  ssoCallback: (connectionId: string) => page(`/sso/callback/${encodeURIComponent(connectionId)}`),
  settings: (slug: string) => page(`/${encodeURIComponent(slug)}/settings`),
  settingsSecurity: (slug: string) => page(`${mailedPaths.settings(slug)}/security`),
  settingsBilling: (slug: string) => page(`${mailedPaths.settings(slug)}/billing`),
  settingsExport: (slug: string) => page(`${mailedPaths.settings(slug)}#export`),
};
