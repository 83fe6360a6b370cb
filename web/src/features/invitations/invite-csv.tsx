import { Button, FileButton } from "@mantine/core";
import { IconDownload, IconFileTypeCsv } from "@tabler/icons-react";
import { useState } from "react";
import { words } from "../../api/errors.ts";
import type { InvitationLine, Role } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { saveFile } from "../../ui/save-file.ts";
import { decodeCsv } from "./decode-csv.ts";
import classes from "./invite.module.css";
import { RoleSelect, defaultRoleId } from "./role-select.tsx";
import { usePreview } from "./use-preview.ts";

interface InviteCsvProps {
  roles: Role[];
  onPreview: (lines: InvitationLine[]) => void;
  onClose: () => void;
}

/** With a BOM, by which Excel recognizes UTF-8. */
const TEMPLATE = "\ufeffemail,role\r\nada@example.com,Member\r\nben@example.com,Viewer\r\n";

function downloadTemplate(): void {
  saveFile("invitations.csv", new Blob([TEMPLATE], { type: "text/csv;charset=utf-8" }));
}

export function InviteCsv({ roles, onPreview, onClose }: InviteCsvProps) {
  const [roleId, setRoleId] = useState(defaultRoleId(roles));
  const [problem, setProblem] = useState<string | null>(null);
  const [fileName, setFileName] = useState<string | null>(null);
  const [isOver, setOver] = useState(false);
  const preview = usePreview();

  async function take(file: File | null | undefined) {
    if (!file) return;
    preview.reset();
    setFileName(file.name);
    const decoded = decodeCsv(new Uint8Array(await file.arrayBuffer()));
    setProblem("problem" in decoded ? decoded.problem : null);
    if ("text" in decoded) preview.mutate({ defaultRoleId: roleId, source: { csv: decoded.text } }, { onSuccess: onPreview });
  }

  const failure = problem ?? (preview.isError ? words(preview.error) : null);
  return (
    <div className={formClasses.form}>
      <FailureNote>{failure !== null && `${fileName ?? "The file"}: ${failure}`}</FailureNote>
      <RoleSelect
        label="Default role"
        description="For lines without a role. Choose it before you choose the file."
        roles={roles}
        value={roleId}
        onChange={setRoleId}
      />
      <div
        className={classes.drop}
        data-over={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
      >
        <IconFileTypeCsv size={32} aria-hidden />
        <p>
          Any export or sheet with a column of email addresses. A <code>role</code> column gives people different roles.
        </p>
        <FileButton onChange={(file) => void take(file)} accept=".csv,.tsv,.txt,text/csv,text/plain">
          {(props) => (
            <Button {...props} loading={preview.isPending}>
              Choose a CSV file
            </Button>
          )}
        </FileButton>
        <p className={classes.dim}>or drop it here</p>
      </div>
      <div className={formClasses.actions}>
        <Button variant="subtle" leftSection={<IconDownload size={16} />} onClick={downloadTemplate} mr="auto">
          Download a template
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
