import type { MailedPath } from "#contract/paths.ts";

declare const isLink: unique symbol;

/** The full address of a page. Mails accept no other links. */
export type PageLink = string & { readonly [isLink]: true };

export function pageLink(server: { publicUrl(): string }, path: MailedPath): PageLink {
  return `${server.publicUrl()}${path}` as PageLink;
}
