import { expect, test } from "vitest";
import { type Account, dueOf, EMPTY_ACCOUNT, postCredit, postInvoice, postPayment, postReversal } from "./account.ts";

const two = postInvoice(postInvoice(EMPTY_ACCOUNT, "1", 1_000n), "2", 500n);
const dues = ({ receivables }: Account) => receivables.map(dueOf);

test("a credit settles the oldest open invoice first, and only the rest becomes a balance", () => {
  expect(dues(postCredit(two, 1_200n))).toEqual([0n, 300n]);
  expect(postCredit(two, 1_200n).balance).toBe(0n);
  expect(postCredit(two, 1_600n)).toMatchObject({ balance: 100n, receivables: [{ credited: 1_000n }, { credited: 500n }] });
});

test("a credit settles the invoices that it takes back before others, so that it pays no older debt", () => {
  expect(dues(postCredit(two, 300n, ["2"]))).toEqual([1_000n, 200n]);
  expect(dues(postCredit(two, 700n, ["2"]))).toEqual([800n, 0n]);
  const three = postInvoice(two, "3", 400n);
  expect(dues(postCredit(three, 600n, ["3", "2"]))).toEqual([1_000n, 300n, 0n]);
  expect(dues(postCredit(two, 300n, ["paid already"]))).toEqual([700n, 500n]);
});

test("an invoice uses the balance, and what is left of the balance stays", () => {
  const account = postInvoice({ balance: 1_800n, receivables: [] }, "1", 1_000n);
  expect([account.balance, dues(account)]).toEqual([800n, [0n]]);
  expect(dues(postInvoice(account, "2", 1_000n))).toEqual([0n, 200n]);
});

test("a payment is for its invoice, and what is paid too much is a credit for the others", () => {
  expect(dues(postPayment(two, "2", 500n))).toEqual([1_000n, 0n]);
  const account = postPayment(two, "2", 1_700n);
  expect([account.balance, dues(account)]).toEqual([200n, [0n, 0n]]);
});

test("a second payment of the same invoice becomes a balance", () => {
  const account = postPayment(postPayment(postInvoice(EMPTY_ACCOUNT, "1", 1_000n), "1", 1_000n), "1", 1_000n);
  expect([account.balance, dues(account)]).toEqual([1_000n, [0n]]);
});

test("a mistyped payment is taken back from its invoice, then from the balance, and credit that is left settles what is due", () => {
  const one = postInvoice(EMPTY_ACCOUNT, "1", 1_000n);
  const tenfold = postPayment(one, "1", 10_000n);
  expect(postReversal(tenfold, "1", 9_000n)).toMatchObject({ balance: 0n, receivables: [{ paid: 0n, credited: 1_000n }] });
  expect(postReversal(tenfold, "1", 10_000n)).toMatchObject({ balance: 0n, receivables: [{ paid: 0n, credited: 0n }] });
  expect(dues(postReversal(postPayment(two, "1", 400n), "1", 300n))).toEqual([900n, 500n]);
  expect(() => postReversal(tenfold, "1", 10_001n)).toThrow("more than was paid");
  expect(() => postReversal(tenfold, "1", 0n)).toThrow(RangeError);
  expect(() => postReversal(tenfold, "2", 1n)).toThrow("There is no invoice 2.");
});

test("negative sums, and a payment of an unknown invoice, are refused", () => {
  expect(() => postInvoice(EMPTY_ACCOUNT, "1", -1n)).toThrow(RangeError);
  expect(() => postCredit(EMPTY_ACCOUNT, -1n)).toThrow(RangeError);
  expect(() => postPayment(two, "1", 0n)).toThrow(RangeError);
  expect(() => postPayment(two, "3", 1n)).toThrow("There is no invoice 3.");
});
