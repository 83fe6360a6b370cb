/** A DNS server on loopback that answers address queries as a test says. */
import { createSocket } from "node:dgram";
import ipaddr from "ipaddr.js";

const TYPES: Record<number, "A" | "AAAA"> = { 1: "A", 28: "AAAA" };

export interface TestDns {
  /** "address:port" */
  address: string;
  /** Each query so far, such as "A idp.example.com". */
  queries: string[];
  close(): void;
}

/** @param answer gives the addresses of a name; null: no answer at all */
export async function startDns(answer: (name: string, type: "A" | "AAAA") => string[] | null): Promise<TestDns> {
  const socket = createSocket("udp4");
  const queries: string[] = [];
  socket.on("message", (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = TYPES[query.readUInt16BE(at + 1)];
    if (!type) return;
    const name = labels.join(".");
    queries.push(`${type} ${name}`);
    const addresses = answer(name, type);
    if (addresses === null) return;
    const question = query.subarray(12, at + 5);
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8400, 2); // an authoritative answer
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    const records = addresses.map((address) => {
      const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
      const record = Buffer.alloc(12);
      record.writeUInt16BE(0xc00c, 0); // the name of the question
      record.writeUInt16BE(type === "A" ? 1 : 28, 2);
      record.writeUInt16BE(1, 4); // IN, with a TTL of 0
      record.writeUInt16BE(bytes.length, 10);
      return Buffer.concat([record, bytes]);
    });
    socket.send(Buffer.concat([header, question, ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  return { address: `127.0.0.1:${port}`, queries, close: () => socket.close() };
}
