import { Modal, Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { rolesQuery } from "../../api/queries.ts";
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

/** One person, many pasted addresses, or a CSV. The last two show first what will happen, then what did. */
export function InvitationCreate({ opened, onClose }: { opened: boolean; onClose: () => void }) {
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
      // What was pasted or checked is not lost by a click beside it.
      closeOnClickOutside={false}
      // Nor by the Escape that ends the edit of a line: it is heard here before the line hears it.
      closeOnEscape={!isEditing}
    >
      {roles.isError && <LoadFailure error={roles.error} retry={() => void roles.refetch()} />}
      {roles.isPending && <PageLoader />}
      {roles.data && <Steps roles={roles.data} onClose={onClose} onWide={setWide} onEditing={setEditing} />}
    </Modal>
  );
}

type Step = { at: "source" } | { at: "preview"; lines: InvitationLine[] } | { at: "result"; lines: InvitationLine[] };

interface StepsProps {
  roles: Role[];
  onClose: () => void;
  onWide: (isWide: boolean) => void;
  onEditing: (isEditing: boolean) => void;
}

function Steps({ roles, onClose, onWide, onEditing }: StepsProps) {
  const [step, setStep] = useState<Step>({ at: "source" });
  const [tab, setTab] = useState<string | null>("one");
  // Stays when the preview sends one back to it.
  const [pasted, setPasted] = useState("");

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
        onDone={(lines) => go({ at: "result", lines })}
      />
    );
  }
  if (step.at === "result") {
    const again = () => {
      setPasted("");
      go({ at: "source" });
    };
    return <InviteResult lines={step.lines} onMore={again} onClose={onClose} />;
  }
  const preview = (lines: InvitationLine[]) => go({ at: "preview", lines });
  return (
    <Tabs value={tab} onChange={setTab} keepMounted={false} classNames={{ tab: classes.tab ?? "" }}>
      <Tabs.List grow>
        <Tabs.Tab value="one">One person</Tabs.Tab>
        <Tabs.Tab value="pasted">Many addresses</Tabs.Tab>
        <Tabs.Tab value="csv">CSV file</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="one" pt="lg">
        <InviteOne roles={roles} onClose={onClose} />
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
