import { Modal, Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { rolesQuery } from "../roles/queries.ts";
import type { InvitationLine, Role } from "../../api/types.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./invite.module.css";
import { InviteCsv } from "./invite-csv.tsx";
import { InviteOne } from "./invite-one.tsx";
import { InvitePasted } from "./invite-pasted.tsx";
import { InvitePreview } from "./invite-preview.tsx";
import { InviteResult } from "./invite-result.tsx";

interface InvitationCreateProps {
  opened: boolean;
  onClose: () => void;
  /** Called when somebody was invited. */
  onInvited?: () => void;
}

/** Invites one person, many pasted addresses, or a CSV file. The last two have a preview and a result. */
export function InvitationCreate({ opened, onClose, onInvited = () => {} }: InvitationCreateProps) {
  const { slug, name } = useTenant();
  const roles = useQuery({ ...rolesQuery(slug), enabled: opened });
  const isNarrow = useMediaQuery("(max-width: 767px)");
  const [isWide, setWide] = useState(false);
  const [isEditing, setEditing] = useState(false);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={() => setWide(false)}
      title={`Invite people to ${name}`}
      size={isWide ? 860 : 560}
      fullScreen={isNarrow}
      // A click outside must not lose what was pasted or checked.
      closeOnClickOutside={false}
      // While a line is edited, Escape only ends the edit. The dialog would get the key first.
      closeOnEscape={!isEditing}
    >
      {roles.isError && <LoadFailure error={roles.error} retry={() => void roles.refetch()} />}
      {roles.isPending && <PageLoader />}
      {roles.data && <Steps roles={roles.data} onClose={onClose} onInvited={onInvited} onWide={setWide} onEditing={setEditing} />}
    </Modal>
  );
}

type Step = { at: "source" } | { at: "preview"; lines: InvitationLine[] } | { at: "result"; lines: InvitationLine[] };

interface StepsProps {
  roles: Role[];
  onClose: () => void;
  onInvited: () => void;
  onWide: (isWide: boolean) => void;
  onEditing: (isEditing: boolean) => void;
}

function Steps({ roles, onClose, onInvited, onWide, onEditing }: StepsProps) {
  const [step, setStep] = useState<Step>({ at: "source" });
  const [tab, setTab] = useState<string | null>("one");
  // Kept here for the way back from the preview.
  const [pasted, setPasted] = useState("");
  const tabs = useRef<HTMLDivElement>(null);

  // The dialog sets its first focus before the roles are loaded and the form is there.
  useEffect(() => tabs.current?.querySelector<HTMLElement>("[data-autofocus]")?.focus(), []);

  function go(next: Step) {
    onWide(next.at !== "source");
    setStep(next);
  }

  if (step.at === "preview") {
    return (
      <InvitePreview
        roles={roles}
        lines={step.lines}
        onEditing={onEditing}
        onBack={() => go({ at: "source" })}
        onDone={(lines) => {
          onInvited();
          go({ at: "result", lines });
        }}
      />
    );
  }
  if (step.at === "result") {
    const startOver = () => {
      setPasted("");
      go({ at: "source" });
    };
    return <InviteResult lines={step.lines} onMore={startOver} onClose={onClose} />;
  }
  const preview = (lines: InvitationLine[]) => go({ at: "preview", lines });
  return (
    <Tabs ref={tabs} value={tab} onChange={setTab} keepMounted={false} classNames={{ tab: classes.tab ?? "" }}>
      <Tabs.List grow>
        <Tabs.Tab value="one">One person</Tabs.Tab>
        <Tabs.Tab value="pasted">Many addresses</Tabs.Tab>
        <Tabs.Tab value="csv">CSV file</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="one" pt="lg">
        <InviteOne roles={roles} onClose={onClose} onInvited={onInvited} />
      </Tabs.Panel>
      <Tabs.Panel value="pasted" pt="lg">
        <InvitePasted roles={roles} text={pasted} onText={setPasted} onPreview={preview} onClose={onClose} />
      </Tabs.Panel>
      <Tabs.Panel value="csv" pt="lg">
        <InviteCsv roles={roles} onPreview={preview} onClose={onClose} />
      </Tabs.Panel>
    </Tabs>
  );
}
