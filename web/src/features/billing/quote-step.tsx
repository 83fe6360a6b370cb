import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import type { Quote } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { Note } from "../../ui/note.tsx";
import { billingDay, lineWords, moneyWords } from "./billing-words.ts";
import classes from "./billing.module.css";
import { LinesTable } from "./lines-table.tsx";
import type { Quoted, Quoting } from "./quoting.ts";

interface QuoteStepProps {
  quoted: Quoted;
  quoting: Quoting;
  /** What the button does, such as "Change to 15 licences". */
  does: string;
  /** "Back" to the choice, or "Close" if there was none. */
  back: { says: string; go: () => void };
  danger?: boolean;
  children?: React.ReactNode;
}

/** What a change costs, now and at the next invoice, before it is made. */
export function QuoteStep({ quoted, quoting, does, back, danger = false, children }: QuoteStepProps) {
  const { quote } = quoted;
  const title = useRef<HTMLHeadingElement>(null);
  // The button that had the focus belonged to the previous step.
  useEffect(() => title.current?.focus(), [quote.quoteId]);
  return (
    <div className={formClasses.form}>
      <h3 ref={title} tabIndex={-1} className={classes.focused}>
        What it costs
      </h3>
      {quoting.notice !== null && (
        <Note tone="amber" icon={<IconRefresh size={18} aria-hidden />} title={quoting.notice} announced />
      )}
      {children}
      <Now quote={quote} />
      <Waiting quote={quote} />
      <Later quote={quote} isEndSaid={children !== undefined} />
      <FailureNote>{quoting.failure}</FailureNote>
      <div className={formClasses.actions}>
        <Button variant="default" onClick={back.go}>
          {back.says}
        </Button>
        <Button
          {...(danger ? { color: "brick" } : {})}
          loading={quoting.isAccepting || quoting.isAsking}
          onClick={() => quoting.accept(quoted)}
        >
          {does}
        </Button>
      </div>
    </div>
  );
}

function Now({ quote: { document, currency } }: { quote: Quote }) {
  if (document === null) return <p>Nothing is charged now.</p>;
  if (document.kind === "invoice") {
    return (
      <div>
        <p>You get this invoice now:</p>
        <LinesTable caption="The invoice" currency={currency} {...document} />
      </div>
    );
  }
  return (
    <div>
      <p>You get {moneyWords(document.gross, currency)} back as a credit note. It pays open invoices first, then later ones:</p>
      <LinesTable caption="The credit note" currency={currency} isCredit {...document} />
    </div>
  );
}

function Waiting({ quote: { waiting, currency } }: { quote: Quote }) {
  if (waiting.length === 0) return null;
  return (
    <div>
      <p>This waits for the next invoice:</p>
      <ul className={classes.waiting}>
        {waiting.map((line, index) => (
          <li key={index}>
            <span>{lineWords(line, currency)}</span>
            <span>{moneyWords(line.kind === "credit" ? -line.amount : line.amount, currency)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Later({ quote: { document, nextInvoice, endsAt }, isEndSaid }: { quote: Quote; isEndSaid: boolean }) {
  if (nextInvoice) {
    return (
      <details open={document === null}>
        <summary>
          Next invoice on {billingDay(nextInvoice.at)}: {moneyWords(nextInvoice.due, nextInvoice.currency)}
        </summary>
        <LinesTable caption="The next invoice" {...nextInvoice} />
      </details>
    );
  }
  // The subscription goes on, and this person may not see invoices.
  if (endsAt === null) return null;
  return <p>{isEndSaid ? "No further invoice comes." : `It ends on ${billingDay(endsAt)}. No further invoice comes.`}</p>;
}
