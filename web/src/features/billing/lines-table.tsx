import type { NextInvoice } from "../../api/types.ts";
import { lineWords, moneyWords } from "./billing-words.ts";
import classes from "./billing.module.css";

interface LinesTableProps extends Pick<NextInvoice, "lines" | "currency" | "taxes" | "net" | "gross" | "creditUsed" | "due"> {
  caption: string;
  /** Whether the table is of a credit note, whose sums the workspace gets and need not pay. */
  isCredit?: boolean;
}

/** Charges and credits with their sums, as a document shows them. */
export function LinesTable({ caption, lines, currency, taxes, net, gross, creditUsed, due, isCredit = false }: LinesTableProps) {
  const money = (minor: number) => moneyWords(minor, currency);
  return (
    <table className={classes.lines}>
      <caption className={classes.caption}>{caption}</caption>
      <thead className={classes.caption}>
        <tr>
          <th scope="col">For</th>
          <th scope="col">Amount</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line, index) => (
          <tr key={index}>
            <th scope="row">{lineWords(line, currency)}</th>
            <td>{money(line.kind === (isCredit ? "charge" : "credit") ? -line.amount : line.amount)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <Sum term="Net">{money(net)}</Sum>
        {taxes.map(({ category, percent, reason, tax }) => (
          <Sum key={`${category} ${percent}`} term={reason ?? `Tax, ${percent} %`}>
            {money(tax)}
          </Sum>
        ))}
        <Sum term={isCredit ? "You get" : "Total"} strong={creditUsed === 0}>
          {money(gross)}
        </Sum>
        {creditUsed > 0 && (
          <>
            <Sum term="From your balance">{money(-creditUsed)}</Sum>
            <Sum term="To pay" strong>
              {money(due)}
            </Sum>
          </>
        )}
      </tfoot>
    </table>
  );
}

function Sum({ term, strong = false, children }: { term: string; strong?: boolean; children: string }) {
  return (
    <tr data-strong={strong}>
      <th scope="row">{term}</th>
      <td>{children}</td>
    </tr>
  );
}
