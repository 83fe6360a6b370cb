import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { words } from "../../api/errors.ts";
import type { InvitationLine, Role } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { RoleSelect, defaultRoleId } from "./role-select.tsx";
import { usePreview } from "./use-preview.ts";

interface InvitePastedProps {
  roles: Role[];
  text: string;
  onText: (text: string) => void;
  onPreview: (lines: InvitationLine[]) => void;
  onClose: () => void;
}

export function InvitePasted({ roles, text, onText, onPreview, onClose }: InvitePastedProps) {
  const [roleId, setRoleId] = useState(defaultRoleId(roles));
  const [isEmpty, setEmpty] = useState(false);
  const preview = usePreview();

  function submit(event: React.SyntheticEvent) {
    event.preventDefault();
    if (text.trim() === "") return setEmpty(true);
    preview.mutate({ defaultRoleId: roleId, source: { text } }, { onSuccess: onPreview });
  }

  return (
    <form className={formClasses.form} onSubmit={submit} noValidate>
      <FailureNote>{preview.isError && words(preview.error)}</FailureNote>
      <Textarea
        label="Email addresses"
        description="One per line, or separated by commas, semicolons or spaces. Names are fine: Ada Okafor <ada@example.com>"
        autosize
        minRows={6}
        maxRows={12}
        spellCheck={false}
        autoComplete="off"
        value={text}
        error={isEmpty && "Paste at least one address."}
        onChange={(event) => {
          setEmpty(false);
          onText(event.currentTarget.value);
        }}
      />
      <RoleSelect label="Role for all of them" roles={roles} value={roleId} onChange={setRoleId} />
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={preview.isPending}>
          Preview
        </Button>
      </div>
    </form>
  );
}
