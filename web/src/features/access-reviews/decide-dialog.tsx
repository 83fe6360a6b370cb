import { Button, Modal, Select, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, failureCode, formFailure } from "../../api/errors.ts";
import { rolesQuery } from "../roles/queries.ts";
import type { AccessReview, AccessReviewItem } from "../../api/types.ts";
import { people } from "../../ui/counted.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import formClasses from "../../ui/form.module.css";
import { roleChoices } from "../roles/role-choices.ts";
import { detailsOf } from "../../ui/tell-apart.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { type Decision, decisionFailure, seenOf, useDecide } from "./use-decide.ts";

export interface Asked {
  decision: Decision["decision"];
  items: AccessReviewItem[];
}

interface DecideDialogProps {
  review: AccessReview;
  /** Null when the dialog is closed. */
  asked: Asked | null;
  /** The item as the page has it now. */
  latest: (memberId: string) => AccessReviewItem | undefined;
  onClose: () => void;
  /** Called with a sentence that says what was done. */
  onDone: (words: string) => void;
}

const whom = (items: AccessReviewItem[]) => (items.length === 1 ? (items[0]?.name ?? "") : people(items.length));

function titleOf({ decision, items }: Asked): string {
  if (decision === "approve") return `Approve the access of ${whom(items)}`;
  if (decision === "change") return `Change the role of ${whom(items)}`;
  return `Revoke the access of ${whom(items)}`;
}

/** Asks for the note of a decision, and for the new role if it changes the role. */
export function DecideDialog({ review, asked, latest, onClose, onDone }: DecideDialogProps) {
  return (
    <Modal opened={asked !== null} onClose={onClose} title={asked && titleOf(asked)}>
      {asked && <DecideForm review={review} asked={asked} latest={latest} onClose={onClose} onDone={onDone} />}
    </Modal>
  );
}

function DecideForm({ review, asked, latest, onClose, onDone }: DecideDialogProps & { asked: Asked }) {
  const { slug, name } = useTenant();
  const { decision } = asked;
  // The items as they were when the dialog opened. Replaced only after the person was told that the access changed.
  const [items, setItems] = useState(asked.items);
  const [stale, setStale] = useState(false);
  if (stale) {
    const fresh = items.map((item) => latest(item.memberId) ?? item);
    if (fresh.some((item, index) => item !== items[index])) {
      setStale(false);
      setItems(fresh);
    }
  }
  const roles = useQuery({ ...rolesQuery(slug), enabled: decision === "change" });
  const decide = useDecide(review);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm({
    initialValues: { roleId: "", note: "" },
    validate: {
      roleId: (value) => (decision === "change" && value === "" ? "Choose the role they get." : null),
      note: (value) => (decision !== "approve" && value.trim() === "" ? "Say why: the note is in the report." : null),
    },
  });

  async function submit({ roleId, note }: { roleId: string; note: string }) {
    setBusy(true);
    setFailure(null);
    try {
      await decide({
        members: items.map(seenOf),
        decision,
        note,
        replace: items.some((item) => item.decision !== "pending"),
        ...(decision === "change" ? { roleId } : {}),
      });
      onDone(doneWords(asked, roles.data?.find((role) => role.roleId === roleId)?.name));
    } catch (error) {
      const { fields } = formFailure(error, ["note", "roleId"]);
      form.setErrors(fields);
      if (Object.keys(fields).length === 0 || !(error instanceof ApiError)) setFailure(decisionFailure(error));
      // useDecide has refreshed the page's items, and the failure says that the access changed.
      setStale(failureCode(error) === "access_changed");
    } finally {
      setBusy(false);
    }
  }

  if (decision === "change" && roles.isError) return <LoadFailure error={roles.error} retry={() => void roles.refetch()} />;
  if (decision === "change" && !roles.data) return <PageLoader />;
  return (
    <form className={formClasses.form} onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      {items.length === 1 && <Whom item={items[0]} />}
      {decision === "revoke" && (
        <p>
          They lose access to {name} immediately, even in mid-talk. Their recordings stay. To come back, they need a new
          invitation.
        </p>
      )}
      {decision === "change" && <p>Takes effect immediately, even in mid-talk.</p>}
      <FailureNote>{failure}</FailureNote>
      {decision === "change" && (
        <Select
          label="New role"
          placeholder="Choose a role"
          data-autofocus
          data={roleChoices((roles.data ?? []).filter(({ roleId }) => items.some((item) => item.now?.roleId !== roleId)))}
          {...form.getInputProps("roleId")}
        />
      )}
      <Textarea
        label={decision === "approve" ? "Note (optional)" : "Why"}
        description="Kept in the report and in the audit log"
        autosize
        minRows={2}
        maxLength={500}
        {...(decision === "change" ? {} : { "data-autofocus": true })}
        {...form.getInputProps("note")}
        // One line of text: the report is a table.
        onChange={(event) => form.setFieldValue("note", event.currentTarget.value.replaceAll(/[\r\n]+/g, " "))}
      />
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy} {...(decision === "revoke" ? { color: "brick" } : {})}>
          {buttonWords(asked)}
        </Button>
      </div>
    </form>
  );
}

function buttonWords({ decision, items }: Asked): string {
  if (decision === "approve") return `Approve ${whom(items)}`;
  if (decision === "change") return `Change role of ${whom(items)}`;
  return `Revoke the access of ${whom(items)}`;
}

export function doneWords({ decision, items }: Asked, roleName = ""): string {
  const one = items.length === 1;
  if (decision === "approve") return `${whom(items)} ${one ? "is" : "are"} approved.`;
  if (decision === "change") return `${whom(items)} now ${one ? "has" : "have"} the role ${roleName}.`;
  return `${whom(items)} ${one ? "is" : "are"} no longer in the workspace.`;
}

/** The name with details that tell namesakes apart. */
function Whom({ item }: { item: AccessReviewItem | undefined }) {
  const { dateWords } = useTimes();
  if (!item?.now) return null;
  return (
    <p translate="no">
      {item.name} · {detailsOf({ ...item, roleName: item.now.roleName }, dateWords)}
    </p>
  );
}
