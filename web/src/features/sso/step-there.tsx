import { Button, Checkbox } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { words } from "../../api/errors.ts";
import type { SsoConnection } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { CopyField } from "../security/copy-field.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { guideOf, providerWords, valueOf } from "./guides.ts";
import { stepWords } from "./steps.ts";
import classes from "./sso.module.css";
import { useSaveConnection } from "./use-save-connection.ts";

/** The values that the provider needs of whoot, and the field of its console in which each belongs. */
export function StepThere({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const { connectionId, provider, protocol, whoot, saml } = connection;
  const guide = guideOf(connection);
  return (
    <section className={classes.card} aria-labelledby="step">
      <h2 id="step">{stepWords("there", connection)}</h2>
      <p>{guide.begin}</p>
      <dl className={classes.fields}>
        {guide.fields.map((field) => (
          <CopyField
            key={field.at}
            label={field.at}
            {...(field.hint !== undefined && { hint: field.hint })}
            value={valueOf(field, whoot)}
            owner={providerWords(provider)}
          />
        ))}
      </dl>
      {protocol === "saml" && (
        <div>
          <Button
            component="a"
            href={paths.ssoMetadata(connectionId)}
            download={`whoot-${slug}-metadata.xml`}
            variant="default"
            leftSection={<IconDownload size={18} />}
          >
            Download whoot&apos;s metadata
          </Button>
        </div>
      )}
      <ul className={classes.plainList}>
        {guide.also.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {saml && <Encryption connection={connection} takesEncrypted={saml.takesEncrypted} />}
      <div className={classes.actions}>
        <Button component={Link} to={paths.ssoConnection(slug, connectionId, "here")}>
          Continue
        </Button>
      </div>
    </section>
  );
}

function Encryption({ connection, takesEncrypted }: { connection: SsoConnection; takesEncrypted: boolean }) {
  const { save, dialog } = useSaveConnection(connection);
  const change = useMutation({ mutationFn: (takes: boolean) => save({ takesEncrypted: takes }) });
  return (
    <>
      <Checkbox
        label="The provider may encrypt its responses"
        description="whoot's metadata then contain the certificate to encrypt with. Most providers don't encrypt responses, because HTTPS already encrypts the connection."
        checked={change.isPending ? change.variables : takesEncrypted}
        disabled={change.isPending || !connection.can.editTrust}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
      />
      <FailureNote>{change.isError && words(change.error)}</FailureNote>
      {dialog}
    </>
  );
}
