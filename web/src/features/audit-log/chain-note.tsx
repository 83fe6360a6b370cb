import { Button, CopyButton } from "@mantine/core";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./audit.module.css";

/** Shows the end of the log, for people to keep elsewhere, and says how the operator checks the log against it. */
export function ChainNote({ head }: { head: { sequence: number; hash: string } }) {
  const { slug } = useTenant();
  const end = `${head.sequence}:${head.hash}`;
  return (
    <aside className={classes.chain} aria-labelledby="chain">
      <h2 id="chain">A change to this log can't go unnoticed</h2>
      <p>
        Each entry holds the hash of the one before it, so a later change breaks the chain. Copy the end of the log and keep it
        outside whoot. Whoever runs this server can then check that nothing is missing, with{" "}
        <code>npm run whoot -- audit verify {slug} --expect</code> and the end you copied.
      </p>
      <div className={classes.end}>
        <code>{end}</code>
        <CopyButton value={end}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy the end of the log"}
            </Button>
          )}
        </CopyButton>
      </div>
    </aside>
  );
}
