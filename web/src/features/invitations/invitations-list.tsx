import { Button, Checkbox, Modal, SegmentedControl, Skeleton, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { invitationsQuery } from "./queries.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { useKeyboardRows } from "../../ui/use-keyboard-rows.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { InvitationRow } from "./invitation-row.tsx";
import { InvitationsBulk } from "./invitations-bulk.tsx";
import classes from "./invite.module.css";

type Status = "all" | "pending" | "needs_sending";

export function InvitationsList() {
  const { slug, can } = useTenant();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 200);
  const [status, setStatus] = useState<Status>("all");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [link, setLink] = useState<string | null>(null);
  const filter = { ...(search !== "" && { search }), ...(status !== "all" && { status }) };
  const list = useInfiniteQuery({ ...invitationsQuery(slug, filter), placeholderData: keepPreviousData });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = search !== "" || status !== "all";
  // Only invitations that are shown: accepted and withdrawn ones are no longer selected.
  const picked = items.filter(({ invitationId }) => chosen.has(invitationId));

  const rows = useKeyboardRows(items.map(({ invitationId }) => invitationId));

  function choose(invitationIds: string[], isChosen: boolean) {
    const next = new Set(chosen);
    for (const id of invitationIds) {
      if (isChosen) next.add(id);
      else next.delete(id);
    }
    setChosen(next);
  }

  return (
    <section className={classes.section} aria-labelledby="invitations">
      <h2 id="invitations">Invitations</h2>
      {(items.length > 0 || isFiltered) && (
        <div className={classes.toolbar}>
          {items.length > 0 && (
            <Checkbox
              aria-label="Select all invitations shown"
              checked={picked.length === items.length}
              indeterminate={picked.length > 0 && picked.length < items.length}
              onChange={(event) =>
                choose(
                  items.map(({ invitationId }) => invitationId),
                  event.currentTarget.checked,
                )
              }
              ml={16}
            />
          )}
          {can.viewContacts && (
            <TextInput
              className={classes.search}
              size="sm"
              type="search"
              aria-label="Search invitations by address"
              placeholder="Search by address"
              leftSection={<IconSearch size={16} aria-hidden />}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
          <SegmentedControl
            size="sm"
            aria-label="Show"
            value={status}
            onChange={(value) => setStatus(value)}
            data={[
              { value: "all", label: "All" },
              { value: "pending", label: "Pending" },
              { value: "needs_sending", label: "Needs resending" },
            ]}
          />
        </div>
      )}
      {list.isPending && <Skeleton height={64} radius="lg" />}
      {list.isError && items.length === 0 && <LoadFailure error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <p className={classes.none} role="status">
          {isFiltered ? "No matches. Try fewer letters, or clear a filter." : "Nobody is invited right now."}
        </p>
      )}
      {items.length > 0 && (
        <ul className={classes.rows} {...rows.list}>
          {items.map((invitation) => (
            <InvitationRow
              key={invitation.invitationId}
              invitation={invitation}
              tabIndex={rows.tabIndexOf(invitation.invitationId)}
              isChosen={chosen.has(invitation.invitationId)}
              onChoose={(isChosen) => choose([invitation.invitationId], isChosen)}
              showLink={setLink}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button variant="subtle" mt="md" loading={list.isFetchingNextPage} onClick={() => rows.goOn(list.fetchNextPage)}>
          Show more invitations
        </Button>
      )}
      <InvitationsBulk invitations={picked} clear={() => setChosen(new Set())} />
      <Modal opened={link !== null} onClose={() => setLink(null)} title="Copy this link">
        <TextInput
          label="Invitation link"
          description="Your browser didn't allow copying. Select it and copy it by hand."
          readOnly
          value={link ?? ""}
          onFocus={(event) => event.currentTarget.select()}
          data-autofocus
        />
      </Modal>
    </section>
  );
}
