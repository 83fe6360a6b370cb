/** Invariants of every step of every history. */
import { Fraction } from "fraction.js";
import { expect } from "vitest";
import { dueOf } from "../reckoning/account.ts";
import { type Line, sum } from "../reckoning/lines.ts";
import { exactAmount, integral, modelPeriod, roundedHalfUp, type Wish } from "./model.ts";
import type { Issued, Life, World } from "./world.ts";

function byItem(lines: readonly Line[]): Map<string, Line[]> {
  return Map.groupBy(lines, ({ item }) => item);
}

/** An item's lines add up to its exact price, to half a minor unit for each line. */
function expectIntegral({ wishes, lines, chargedTo }: Life): void {
  for (const [item, own] of byItem(lines)) {
    const exact = integral(wishes, item, chargedTo ?? 0);
    const error = new Fraction(sum(own)).sub(exact).abs();
    expect([item, error.lte(new Fraction(own.length).div(2))]).toEqual([item, true]);
  }
}

/** Each line is rounded once from its exact amount. A charge is credited at most once, and at most its amount. */
function expectLines({ lines, madeFor }: Life): void {
  const credited = new Set<number>();
  expect(lines.map(({ number }) => number)).toEqual(lines.map((_, at) => at + 1));
  for (const [at, line] of lines.entries()) {
    const charge = line.kind === "credit" ? lines[line.credits - 1] : undefined;
    const { anchor, interval } = madeFor[at] as Wish;
    const period = modelPeriod(anchor, interval, line.from);
    expect([line, line.amount]).toEqual([line, roundedHalfUp(exactAmount(line, charge, period))]);
    if (line.kind === "charge") {
      expect([line, line.to]).toEqual([line, period[1]]);
      continue;
    }
    expect(charge).toMatchObject({ kind: "charge", item: line.item, tax: line.tax, to: line.to });
    expect(line.amount <= (charge?.amount ?? 0n)).toBe(true);
    expect(credited.has(line.credits)).toBe(false);
    credited.add(line.credits);
  }
}

/** The uncredited charges of an item don't overlap, and leave no gap while the item is wanted. */
function expectTiles({ wishes, lines, chargedTo }: Life): void {
  const ends = new Map(lines.flatMap((line) => (line.kind === "credit" ? [[line.credits, line.from] as const] : [])));
  for (const [item, own] of byItem(lines)) {
    const charges = own.filter(({ kind, quantity }) => kind === "charge" && quantity > 0n);
    for (const [at, charge] of charges.entries()) {
      const end = ends.get(charge.number) ?? charge.to;
      const next = charges[at + 1]?.from ?? chargedTo ?? end;
      const wanted = wishes.findLast((wish) => wish.at <= end)?.items[item]?.quantity ?? 0n;
      if (wanted > 0n) expect(next).toBe(end);
      else expect(next).toBeGreaterThanOrEqual(end);
    }
  }
}

/** A document has the sums that another library computes, and the sign of its total gives its kind. */
function expectDocument({ draft: { kind, lines, totals } }: Issued): void {
  const groups = Map.groupBy(lines, ({ tax }) => `${tax.category} ${tax.rate}`);
  const taxes = [...groups.values()].map((own) =>
    roundedHalfUp(new Fraction(sum(own)).mul(BigInt(own[0]?.tax.rate ?? 0), 1_000_000n)),
  );
  expect(totals.taxes.map(({ tax }) => tax)).toEqual(taxes);
  expect(totals.net).toBe(sum(lines));
  expect(totals.gross).toBe(totals.net + taxes.reduce((all, tax) => all + tax, 0n));
  expect(kind === "credit note").toBe(totals.gross < 0n);
  expect(lines.every(({ amount }) => amount > 0n)).toBe(true);
}

/** The amounts of documents and payments are all accounted for: paid, credited, due or in the balance. */
function expectAccount({ account, documents, received }: World): void {
  const owed = documents.reduce((all, { draft }) => all + draft.totals.gross, 0n) - received;
  const due = account.receivables.reduce((all, receivable) => all + dueOf(receivable), 0n);
  expect(due - account.balance).toBe(owed);
  expect(account.receivables.every((receivable) => dueOf(receivable) >= 0n)).toBe(true);
  expect(account.balance === 0n || (account.balance > 0n && due === 0n)).toBe(true);
}

/** Checks the invariants after each step. */
export function expectStep(world: World): void {
  const { subscription, lives } = world;
  expectAccount(world);
  const { lines, issued } = lives.at(-1) as Life;
  const pending = subscription.pending.map(({ number }) => number);
  expect(new Set([...issued, ...pending]).size).toBe(lines.length);
  if (subscription.cancelled || subscription.ended) expect(pending).toEqual([]);
}

/** Checks the invariants at the end of a history. */
export function expectHistory({ lives, documents }: World): void {
  for (const life of lives) {
    expectIntegral(life);
    expectLines(life);
    expectTiles(life);
  }
  documents.forEach(expectDocument);
  expect(documents.map(({ number }) => Number(number.split("-")[1]))).toEqual(documents.map((_, at) => at + 1));
  const dates = documents.map(({ issuedOn }) => issuedOn);
  expect(dates).toEqual(dates.toSorted());
}
