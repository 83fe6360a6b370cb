/** One measured number, beside what it is to be judged by. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  better: "lower" | "higher";
  /** What we want it to reach; null: it is there to compare with. */
  aim: number | null;
  /** Where the aim comes from, or what else is known of it. */
  reference: string | null;
}

/** The value that this share of all values does not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

const round = (value: number) => Number(value.toFixed(2));

/** Median and 95th percentile of milliseconds, the second beside a limit for 95 %. */
export function latencyFigures(
  name: string,
  milliseconds: readonly number[],
  limit: number | null,
  reference: string | null,
): Figure[] {
  return [
    { name: `${name}, p50`, value: round(percentile(milliseconds, 0.5)), unit: "ms", better: "lower", aim: null, reference },
    { name: `${name}, p95`, value: round(percentile(milliseconds, 0.95)), unit: "ms", better: "lower", aim: limit, reference },
  ];
}

/** How many times one is the other, at the median and at the 95th percentile, with both beside it. */
export function ratioFigures(
  name: string,
  { of, to }: { of: readonly number[]; to: readonly number[] },
  aims: { p50: number | null; p95: number | null },
): Figure[] {
  return ([0.5, 0.95] as const).map((share) => {
    const [one, other] = [percentile(of, share), percentile(to, share)];
    const at = share === 0.5 ? "p50" : "p95";
    const reference = `${one.toFixed(2)} ms against ${other.toFixed(2)} ms, ${of.length} of each`;
    return { name: `${name}, ${at}`, value: round(one / other), unit: "times", better: "lower", aim: aims[at], reference };
  });
}
