/** The messages within the gate's limits that take longest. A stranger can send them, signed with a key of their own. */
import type { Message } from "./idp.ts";
import { NS } from "../names.ts";

const values = (count: number, write: (index: number) => string) => ({
  edit: (xml: string) =>
    xml.replace(
      /<saml:AttributeStatement>[\s\S]*<\/saml:AttributeStatement>/,
      `<saml:AttributeStatement><saml:Attribute Name="groups">${Array.from({ length: count }, (_, index) => write(index)).join("")}` +
        "</saml:Attribute></saml:AttributeStatement>",
    ),
});
const value = (content: string) => `<saml:AttributeValue>${content}</saml:AttributeValue>`;

export const WORST: Record<string, Partial<Message>> = {
  "1,900 short values": values(1_900, (index) => value(`group-${index}`.padEnd(18, "x"))),
  "1,500 elements with attributes": values(
    1_500,
    (index) => `<saml:AttributeValue a="${index}" b="" c="" d="" e=""></saml:AttributeValue>`,
  ),
  "120 KiB of character references": values(13, () => value("&lt;".repeat(2_040))),
  "160 elements of 60 attributes": values(160, (index) =>
    value(`<x xmlns="urn:x:${index}" ${Array.from({ length: 60 }, (_, n) => `a${n}="x"`).join(" ")}></x>`),
  ),
  "900 namespaces": values(900, (index) => value(`<n${index}:x xmlns:n${index}="urn:x:${index}" n${index}:y=""></n${index}:x>`)),
  "30 levels, and 1,200 elements in each other's namespaces": values(40, () =>
    value(
      Array.from({ length: 30 }, (_, n) => `<p${n}:x xmlns:p${n}="${NS.xs}">`).join("") +
        Array.from({ length: 30 }, (_, n) => `</p${29 - n}:x>`).join(""),
    ),
  ),
};
