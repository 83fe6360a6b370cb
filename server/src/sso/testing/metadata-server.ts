/** A metadata server on loopback, whose certificate every server in this process trusts. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { TEST_AUTHORITY, TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from "../../platform/outbound/testing/certificates.ts";

/** Settings that let whoot read from it. */
export const LOOPBACK = {
  allow: { hosts: new Set<string>(), networks: [["127.0.0.0", 8] as const] },
  dnsServers: ["127.0.0.1:9"],
  dnsPort: 9,
};

export interface MetadataServer {
  /** Publishes the document at a URL of its own; null: the server fails there. */
  publish(document: string | null): { url: string; set(document: string | null): void };
  close(): void;
}

export async function startMetadataServer(): Promise<MetadataServer> {
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), TEST_AUTHORITY]);
  const documents: Array<string | null> = [];
  const server = createServer({ key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE }, (request, reply) => {
    const document = documents[Number(request.url?.slice(1))] ?? null;
    reply.writeHead(document === null ? 503 : 200, { "content-type": "application/samlmetadata+xml" }).end(document);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    publish(document) {
      const index = documents.push(document) - 1;
      return { url: `${origin}/${index}`, set: (next) => void (documents[index] = next) };
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
