/** One measured number and what to judge it by. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  better: "lower" | "higher";
  /** The target; null for a number that is only there for comparison. */
  aim: number | null;
  /** The source of the aim, or other facts about the number. */
  reference: string | null;
}

/** The percentile by nearest rank. @param share 0 to 1 @throws Error when there are no values */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

const round = (value: number) => Number(value.toFixed(2));

/** Median and 95th percentile in milliseconds. @param limit aim of the 95th percentile */
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

/** The ratio of two series in milliseconds, at the median and at the 95th percentile, with both values as the reference. */
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
