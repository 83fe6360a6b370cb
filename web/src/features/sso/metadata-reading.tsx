import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { SsoConnection } from "../../api/types.ts";
import { words } from "../../api/errors.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import { fromNow } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./sso.module.css";
import { useSaveConnection } from "./use-save-connection.ts";

/** Why the metadata at the connection's URL were not read, or not taken over. */
export function MetadataNote({ saml }: Pick<SsoConnection, "saml">) {
  const problem = saml?.metadata?.problem;
  if (!problem) return null;
  return (
    <Note tone="amber" icon={<IconAlertTriangle size={18} aria-hidden />} title="The provider's metadata need your attention">
      {problem.says}
      {problem.received !== null && (
        <>
          {" "}
          The other entity ID: <code translate="no">{problem.received}</code>
        </>
      )}
    </Note>
  );
}

/** When the metadata were last read, and the button that has them read now. */
export function MetadataReading({ connection }: { connection: SsoConnection }) {
  const { fullTime } = useTimes();
  const { readMetadata, dialog } = useSaveConnection(connection);
  const read = useMutation({
    mutationFn: readMetadata,
    onSuccess({ saml }) {
      if (!saml?.metadata?.problem) notifications.show({ message: "The metadata were read and apply from now on." });
    },
  });
  const metadata = connection.saml?.metadata;
  if (!metadata) return null;
  const { readAt, triedAt } = metadata;
  return (
    <div className={classes.reading}>
      <div className={classes.hint} role="status">
        {readAt === null ? (
          <p>Not read yet.</p>
        ) : (
          <p>
            Read <span title={fullTime(readAt)}>{fromNow(readAt)}</span>
          </p>
        )}
        {triedAt !== null && triedAt !== readAt && (
          <p>
            Tried <span title={fullTime(triedAt)}>{fromNow(triedAt)}</span>
          </p>
        )}
        <p>whoot reads them every day while the connection is switched on.</p>
      </div>
      <WithReason reason={connection.can.editTrust ? null : "You can't change what this connection trusts."}>
        <Button
          variant="default"
          leftSection={<IconRefresh size={18} aria-hidden />}
          loading={read.isPending}
          onClick={() => read.mutate()}
        >
          Read again now
        </Button>
      </WithReason>
      <FailureNote>{read.isError && words(read.error)}</FailureNote>
      {dialog}
    </div>
  );
}
