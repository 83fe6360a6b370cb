import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPencil, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { InvitationLine, Role } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import classes from "./invite.module.css";
import { RoleSelect, defaultRoleId } from "./role-select.tsx";
import { Verdict } from "./verdict.tsx";

interface PreviewRowProps {
  line: InvitationLine;
  roles: Role[];
  isEditing: boolean;
  busy: boolean;
  onEdit: () => void;
  onCancel: () => void;
  onSave: (changed: { email: string; role: Role }) => void;
  onRemove: () => void;
}

export function PreviewRow({ line, isEditing, ...rest }: PreviewRowProps) {
  const edit = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    // The focus goes back to the button that opened the edit.
    if (wasEditing.current && !isEditing) edit.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  if (isEditing) return <EditRow line={line} {...rest} />;
  const what = line.email ?? line.read;
  return (
    <tr>
      <td className={classes.number}>{line.line}</td>
      <td className={classes.address} title={line.read}>
        {what === "" ? <span className={classes.dim}>(empty)</span> : <Address>{what}</Address>}
      </td>
      <td>
        <Verdict verdict={line.verdict} message={line.message} />
      </td>
      <td className={classes.icons}>
        <ActionIcon ref={edit} variant="subtle" color="gray" aria-label={`Edit line ${line.line}, ${what}`} onClick={rest.onEdit}>
          <IconPencil size={18} />
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label={`Leave out line ${line.line}, ${what}`} onClick={rest.onRemove}>
          <IconX size={18} />
        </ActionIcon>
      </td>
    </tr>
  );
}

function EditRow({ line, roles, busy, onCancel, onSave }: Omit<PreviewRowProps, "isEditing">) {
  const [email, setEmail] = useState(line.email ?? line.read);
  const [roleId, setRoleId] = useState(line.roleId ?? defaultRoleId(roles));
  function submit(event: React.SyntheticEvent) {
    event.preventDefault();
    const role = roles.find((known) => known.roleId === roleId);
    if (role) onSave({ email, role });
  }
  return (
    <tr>
      <td className={classes.number}>{line.line}</td>
      <td colSpan={3}>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- handles Escape for its fields */}
        <form
          className={classes.edit}
          onSubmit={submit}
          noValidate
          onKeyDown={(event) => {
            // Escape ends the edit; it must not close the dialog.
            if (event.key !== "Escape" || event.defaultPrevented) return;
            event.stopPropagation();
            onCancel();
          }}
        >
          <TextInput
            size="sm"
            label="Address"
            value={email}
            autoFocus
            autoComplete="off"
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <RoleSelect size="sm" label="Role" roles={roles} value={roleId} onChange={setRoleId} />
          <Button size="sm" type="submit" loading={busy}>
            Check again
          </Button>
          <Button size="sm" variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </form>
      </td>
    </tr>
  );
}
