import type { MailedPath } from "#contract/paths.ts";

declare const isLink: unique symbol;

/** The full address of a page. Mails accept no other links. */
export type PageLink = string & { readonly [isLink]: true };

/** The address of a payment provider's page. @throws Error for anything but https */
export function paymentLink(url: string): PageLink {
  if (new URL(url).protocol !== "https:") throw new Error("the payment page is no https address");
  return url as PageLink;
}

export function pageLink(server: { publicUrl(): string }, path: MailedPath): PageLink {
  return `${server.publicUrl()}${path}` as PageLink;
}
