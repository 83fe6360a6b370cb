import { Button, Modal, Progress } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { components } from "../../api/schema.d.ts";
import { counted } from "../../ui/counted.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { Name } from "../../ui/name.tsx";
import { WithReason } from "../../ui/with-reason.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { encryptionKeyQuery } from "./queries.ts";
import classes from "./security.module.css";

type EncryptionKey = components["schemas"]["EncryptionKey"];
type KeyRotation = components["schemas"]["KeyRotation"];

/** The key that seals the workspace's recordings, and its replacement. */
export function EncryptionKeySection() {
  const { slug } = useTenant();
  const key = useQuery(encryptionKeyQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="encryption-key">
      <h2 id="encryption-key">Encryption key</h2>
      <p className={settings.hint}>
        This workspace&apos;s own key seals its recordings, export archives and invitation links on the server&apos;s disk.
      </p>
      {key.isError && !key.data && <LoadFailure error={key.error} retry={() => void key.refetch()} />}
      {key.data && <KeyState encryptionKey={key.data} />}
    </section>
  );
}

function KeyState({ encryptionKey }: { encryptionKey: EncryptionKey }) {
  const { dateWords, fullTime } = useTimes();
  const { name, since, unreadable, rotation, can } = encryptionKey;
  return (
    <>
      <p>
        Key <code translate="no">{name}</code>
        {since === null ? ", the workspace's first." : <span title={fullTime(since)}>, since {dateWords(since)}.</span>}
      </p>
      {unreadable > 0 && (
        <p>
          {counted(unreadable, "file was", "files were")} damaged on disk and couldn&apos;t be opened. Your operator finds the
          names in the server&apos;s log.
        </p>
      )}
      {rotation ? <RotationState rotation={rotation} /> : can.rotate && <Rotate rotatedLately={encryptionKey.rotatedLately} />}
    </>
  );
}

function RotationState({ rotation }: { rotation: KeyRotation }) {
  const { total, done, inUse, fault } = rotation;
  const share = total ? Math.min(1, done / total) : 0;
  return (
    <div className={classes.rotation}>
      <p>
        <Name>{rotation.startedByName}</Name> is replacing the key: {Math.floor(share * 100)} % is sealed anew. Everything keeps
        working, and you can close this page.
      </p>
      <Progress value={share * 100} aria-label="Replacement of the key" />
      {inUse > 0 && <p role="status">Waiting for {counted(inUse, "recording or archive", "recordings or archives")} to end.</p>}
      <FailureNote>{fault}</FailureNote>
    </div>
  );
}

function Rotate({ rotatedLately }: { rotatedLately: boolean }) {
  const { slug, name } = useTenant();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure();
  const { confirmed, dialog } = useReauthentication();
  const rotate = useMutation({
    mutationFn: () =>
      confirmed(() => call(api.POST("/api/v1/tenants/{slug}/security/encryption-key/rotation", { params: { path: { slug } } }))),
    onSuccess: (key) => {
      queries.setQueryData(encryptionKeyQuery(slug).queryKey, key);
      close();
    },
  });
  return (
    <>
      <div className={classes.actions}>
        <WithReason
          reason={rotatedLately ? "The key was replaced within the last day. It can be replaced again a day after that." : null}
        >
          <Button
            variant="default"
            onClick={() => {
              rotate.reset();
              open();
            }}
          >
            Replace the key…
          </Button>
        </WithReason>
      </div>
      <Modal opened={opened} onClose={close} title={`Replace the encryption key of ${name}`}>
        <div className={formClasses.form}>
          <p>
            whoot makes a new key, seals everything anew with it, and then destroys the old key. People go on working meanwhile,
            and nothing is lost. Your operator&apos;s older copies of the recordings need older copies of the key.
          </p>
          <FailureNote>{rotate.isError && words(rotate.error)}</FailureNote>
          <div className={formClasses.actions}>
            <Button variant="default" onClick={close} data-autofocus>
              Cancel
            </Button>
            <Button loading={rotate.isPending} onClick={() => rotate.mutate()}>
              Replace the key
            </Button>
          </div>
        </div>
      </Modal>
      {dialog}
    </>
  );
}
