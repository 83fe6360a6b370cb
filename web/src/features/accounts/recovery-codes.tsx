import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload, IconPrinter } from "@tabler/icons-react";
import { saveFile } from "../../ui/save-file.ts";
import classes from "./two-step.module.css";

const asText = (email: string, codes: readonly string[]) =>
  `Recovery codes for whoot, ${email}\nEach code works once.\n\n${codes.join("\n")}\n`;

/** New recovery codes, shown only once: the page needs an UnsavedFormsGuard. Printing the page prints only the codes. */
export function RecoveryCodes({ email, codes, onDone }: { email: string; codes: readonly string[]; onDone: () => void }) {
  const text = asText(email, codes);
  return (
    <div className={classes.codes} role="group" aria-labelledby="recovery-codes" data-unsaved="codes">
      <h3 id="recovery-codes">Keep your recovery codes</h3>
      <p>
        If you lose your phone, these codes get you in. Each works once. They are shown only now, so keep them where you keep
        passwords, or on paper.
      </p>
      <p className={classes.printed}>whoot, {email}</p>
      <ol className={classes.list} translate="no">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className={classes.actions}>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
              onClick={copy}
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveFile("whoot-recovery-codes.txt", new Blob([text], { type: "text/plain" }))}
        >
          Download
        </Button>
        <Button variant="default" leftSection={<IconPrinter size={16} aria-hidden />} onClick={() => window.print()}>
          Print
        </Button>
        <Button onClick={onDone}>I&apos;ve kept them</Button>
      </div>
    </div>
  );
}
