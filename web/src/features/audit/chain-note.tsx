import { Button, CopyButton } from "@mantine/core";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./audit.module.css";

/** Where the log ends, to note elsewhere, and how whoever runs the server checks it. */
export function ChainNote({ head }: { head: { sequence: number; hash: string } }) {
  const { slug } = useTenant();
  const end = `${head.sequence}:${head.hash}`;
  return (
    <aside className={classes.chain} aria-labelledby="chain">
      <h2 id="chain">Nobody can change this log unseen</h2>
      <p>
        Each entry carries the hash of the one before it, so whatever is changed, moved or removed later breaks the chain there.
        Note where it ends now, somewhere outside of whoot. Whoever runs this server can then check that all of it is still there,
        with <code>npm run whoot -- audit verify {slug} --expect</code> and what you noted.
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
