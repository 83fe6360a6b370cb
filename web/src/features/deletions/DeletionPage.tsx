import { Button, Loader, Progress } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconFileTypePdf, IconJson, IconLinkOff } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { billingDay, moneyWords } from "../billing/billing-words.ts";
import { deletionQuery } from "./queries.ts";
import type { Deletion, Receipt } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { counted, number } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNote, PageFailure } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { fullTime } from "../../ui/time.ts";
import { useFragmentToken } from "../../ui/use-fragment-token.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { PlainFrame } from "../page-frames/plain-frame.tsx";
import classes from "./deletions.module.css";

/** The progress of a deletion, for the owner who got the link. Needs no account, because that may be deleted too. */
export function DeletionPage() {
  usePageTitle("Deleted workspace");
  const token = useFragmentToken();
  const deletion = useQuery(deletionQuery(token));

  if (deletion.isPending) return <PageLoader />;
  const code = deletion.isError ? failureCode(deletion.error) : null;
  if (code === "not_found" || code === "invalid_input") {
    return (
      <PlainFrame>
        <EmptyState
          icon={<IconLinkOff />}
          title="This link doesn't work"
          level={1}
          action={
            <Button variant="default" component={Link} to={paths.home()}>
              Go to the start page
            </Button>
          }
        >
          It may be incomplete. Copy the whole link from the mail.
        </EmptyState>
      </PlainFrame>
    );
  }
  if (!deletion.data) {
    return (
      <PlainFrame>
        <PageFailure error={deletion.error} retry={() => void deletion.refetch()} />
      </PlainFrame>
    );
  }
  return <DeletionProgress token={token} deletion={deletion.data} />;
}

function DeletionProgress({ token, deletion }: { token: string; deletion: Deletion }) {
  const { receipt } = deletion;
  const done = receipt !== null;
  return (
    <PlainFrame>
      <h1>{done ? "The workspace is erased" : "The workspace is deleted"}</h1>
      <p className={classes.lead} role="status">
        {done
          ? `Nobody can open or read it any more${receipt.archived ? ", except the documents that the law keeps" : ""}. Keep the receipt: it proves what was erased and when, and says what PostgreSQL may keep for a while.`
          : "Nobody can find or open it any more. The rest is being erased. You can close this page and come back through the link in your mail."}
      </p>
      <ol className={classes.steps}>
        <Step done title="Gone for everyone">
          {fullTime(deletion.deletedAt)}. Pages closed and live audio stopped.
        </Step>
        <Step done={deletion.keyDestroyedAt !== null} title="Key destroyed">
          {deletion.keyDestroyedAt ? (
            <>{fullTime(deletion.keyDestroyedAt)}. No copy of its recordings can be opened, not even from a backup.</>
          ) : (
            "In a moment."
          )}
        </Step>
        <Step done={done} title={done ? "Rows and files erased" : "Erasing"}>
          {deletion.completedAt && fullTime(deletion.completedAt)}
          {deletion.waitsFor === "archive" && (
            <p>
              The law demands that invoices are kept, but the server can&apos;t write them into its archive. Its disk may be full.
              Erasing continues by itself once they are written.
            </p>
          )}
          {deletion.waitsFor === "provider" && (
            <p>
              The payment provider has not erased the workspace&apos;s customer and card yet. The server asks again by itself.
            </p>
          )}
          <Kinds steps={deletion.steps} />
        </Step>
      </ol>
      {receipt && <Receipts token={token} receipt={receipt} />}
      <p className={classes.after}>
        <Link to={paths.home()}>Go to my workspaces</Link>
      </p>
    </PlainFrame>
  );
}

function Step({ done, title, children }: { done: boolean; title: string; children: React.ReactNode }) {
  return (
    <li className={classes.step}>
      {done ? (
        <IconCircleCheck className={classes.done} size={24} aria-label="Done" />
      ) : (
        <Loader size={20} aria-label="In progress" />
      )}
      <div className={classes.stepBody}>
        <h2>{title}</h2>
        <div className={classes.facts}>{children}</div>
      </div>
    </li>
  );
}

function Kinds({ steps }: Pick<Deletion, "steps">) {
  if (steps.length === 0) return null;
  return (
    <table className={classes.kinds}>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Erased</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ kind, erased, total }) => (
          <tr key={kind}>
            <th scope="row">
              {erased < total && <IconCircleDashed size={16} aria-hidden />}
              {capitalized(kind)}
            </th>
            <td>
              {erased < total ? `${number(erased)} of ${number(total)}` : number(total)}
              {erased < total && <Progress size="xs" value={(100 * erased) / total} aria-label={kind} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function EndedBilling({ billing }: { billing: NonNullable<Receipt["billing"]> }) {
  const { due, openInvoices, creditLost, daysLost, unrecorded = [], ...currency } = billing;
  const money = (minor: number) => moneyWords(minor, { code: currency.currency, digits: currency.digits });
  const owed = due > 0 ? `${money(due)} was owed on ${counted(openInvoices, "invoice", "invoices")}` : "Nothing was owed";
  return (
    <p className={classes.facts}>
      {owed}. Lost: {money(creditLost)} of credit and {counted(daysLost, "day", "days")} that were charged.
      {unrecorded.length > 0 && ` ${unrecorded.join(", ")} came in and was recorded on no invoice.`}
    </p>
  );
}

function Receipts({ token, receipt }: { token: string; receipt: Receipt }) {
  const name = `whoot-deletion-${receipt.workspaceId}`;
  const pdf = useMutation({
    mutationFn: () => call(api.POST("/api/v1/deletions/receipt-pdf", { body: { token }, parseAs: "blob" })),
    onSuccess: (content) => saveFile(`${name}.pdf`, content),
  });
  const saveJson = () =>
    saveFile(`${name}.json`, new Blob([`${JSON.stringify(receipt, null, 2)}\n`], { type: "application/json" }));
  return (
    <section className={classes.receipt} aria-labelledby="receipt">
      <h2 id="receipt">Receipt</h2>
      <p className={classes.facts}>
        Signed by this server. It holds no personal data and names the workspace only by its id:{" "}
        <code>{receipt.workspaceId}</code>
      </p>
      {receipt.replays.map((replay) => (
        <p className={classes.facts} key={replay.foundAt}>
          A restored backup brought it back on {fullTime(replay.foundAt)}; it was deleted again before the server served anyone.
        </p>
      ))}
      {receipt.billing && <EndedBilling billing={receipt.billing} />}
      {receipt.customer && (
        <p className={classes.facts}>
          {receipt.customer === "erased"
            ? "The payment provider erased the workspace's customer and card."
            : "The payment provider was not reached, and did not erase the workspace's customer and card."}
        </p>
      )}
      {receipt.archived && (
        <p className={classes.facts}>
          The law keeps {counted(receipt.archived.documents, "invoice or credit note", "invoices and credit notes")}, outside the
          workspace, until {billingDay(receipt.archived.keptUntil)}.
        </p>
      )}
      <FailureNote>{pdf.isError && words(pdf.error)}</FailureNote>
      <div className={classes.actions}>
        <Button leftSection={<IconFileTypePdf size={18} />} loading={pdf.isPending} onClick={() => pdf.mutate()}>
          Download PDF
        </Button>
        <Button variant="default" leftSection={<IconJson size={18} />} onClick={saveJson}>
          Download JSON
        </Button>
      </div>
    </section>
  );
}
