import { IconInbox } from "@tabler/icons-react";
import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { Note } from "../../ui/note.tsx";

export function OutboxNote() {
  return (
    <Note tone="teal" icon={<IconInbox size={18} aria-hidden />}>
      No mail server yet. <Link to={paths.outbox()}>Open the outbox.</Link>
    </Note>
  );
}
