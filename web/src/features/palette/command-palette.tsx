import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconHeadphones, IconKeyboard, IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { use, useState } from "react";
import { channelsQuery } from "../channels/queries.ts";
import { meQuery } from "../accounts/queries.ts";
import { myInvitationsQuery } from "../invitations/queries.ts";
import { peopleQuery } from "../members/queries.ts";
import { paths } from "../../paths.ts";
import { Chooser } from "../../ui/chooser.tsx";
import { detailsApart, detailsOf } from "../../ui/tell-apart.ts";
import { TenantContext } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { WorkspaceMark } from "../tenants/workspace-mark.tsx";
import { find, type Item, type ItemGroup } from "./find.ts";
import { MOD } from "./keys-help.tsx";
import classes from "./palette.module.css";
import { places } from "./places.tsx";

export interface PaletteAction {
  label: string;
  also: string;
  icon: React.ReactNode;
  /** Why it can't be done; null when it can. */
  reason: string | null;
  run: () => void;
}

interface CommandPaletteProps {
  opened: boolean;
  onClose: () => void;
  actions: PaletteAction[];
  onHelp: () => void;
}

const FINDS = "Find a workspace, channel, person or setting";

export function CommandPalette({ opened, onClose, actions, onHelp }: CommandPaletteProps) {
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={600}
      padding={8}
      yOffset="10dvh"
      transitionProps={{ duration: 0 }}
      returnFocus={false}
    >
      <Modal.Overlay backgroundOpacity={0.5} />
      <Modal.Content aria-label="Find" radius="lg">
        <Modal.Body className={classes.body}>
          <Finder onDone={onClose} actions={actions} onHelp={onHelp} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Finder({ onDone, actions, onHelp }: Omit<CommandPaletteProps, "opened" | "onClose"> & { onDone: () => void }) {
  const [query, setQuery] = useState("");
  const found = find(query, useGroups(query, actions, onHelp));
  return (
    <>
      <Chooser
        label={FINDS}
        placeholder={FINDS}
        query={query}
        onQuery={setQuery}
        groups={found.map(({ label, items }) => ({ label, choices: items.map(choiceOf) }))}
        none={`No matches for “${query}”. Try fewer letters.`}
        onChosen={onDone}
        size="md"
        autoFocus
      />
      <p className={classes.hint}>↑ ↓ move · Enter opens · {MOD} Enter opens a new tab · Esc closes</p>
    </>
  );
}

/** People of the open workspace, searched by the server after a pause in typing. */
function usePeople(query: string): ItemGroup {
  const tenant = use(TenantContext);
  const [settled] = useDebouncedValue(query.trim(), 150);
  // Results of the previous text disappear at once, so that Enter cannot open one of them.
  const enabled = tenant !== null && tenant.can.viewMembers && settled !== "" && settled === query.trim();
  const { data } = useQuery({ ...peopleQuery(tenant?.slug ?? "", settled), enabled });
  const { dateWords, fullTime } = useTimes();
  const people = enabled ? (data ?? []) : [];
  const detailsById = detailsApart(
    people.map((person) => ({ ...person, id: person.memberId })),
    (person, fully) => detailsOf(person, fully ? fullTime : dateWords),
  );
  return {
    label: "People",
    searched: true,
    items: people.map((person) => {
      const { memberId, name, email, roleName } = person;
      const details = detailsById.get(memberId);
      return {
        id: memberId,
        label: name,
        // Details that tell namesakes apart come first, because the end of the line may be cut off.
        detail: details ?? [roleName, email].filter(Boolean).join(" · "),
        icon: <IconUser size={20} />,
        to: paths.peopleNamed(tenant?.slug ?? "", details !== undefined && email !== null ? email : name),
      };
    }),
  };
}

/** All groups that can be searched from the current page. */
function useGroups(query: string, actions: PaletteAction[], onHelp: () => void): ItemGroup[] {
  const tenant = use(TenantContext);
  const slug = tenant?.slug ?? null;
  const { data: me } = useQuery(meQuery());
  const { data: channels } = useQuery({ ...channelsQuery(slug ?? ""), enabled: slug !== null });
  const { data: invitations } = useQuery(myInvitationsQuery());
  const help = {
    label: "Keyboard shortcuts",
    also: "help keys hotkeys",
    icon: <IconKeyboard size={20} />,
    reason: null,
    run: onHelp,
  };
  return [
    {
      label: "Channels",
      items: (slug === null ? [] : (channels ?? [])).map(({ channelId, name, description }) => ({
        id: channelId,
        label: name,
        detail: description,
        icon: <IconHeadphones size={20} />,
        to: paths.channel(slug ?? "", channelId),
      })),
    },
    usePeople(query),
    {
      label: "Workspaces",
      items: (me?.tenants ?? [])
        .filter((other) => other.slug !== slug)
        .map((other) => ({
          id: other.slug,
          label: other.name,
          also: other.slug,
          detail: other.roleName,
          icon: <WorkspaceMark {...other} />,
          to: paths.board(other.slug),
        })),
    },
    {
      label: "Invitations",
      items: (invitations ?? []).map(({ invitationId, tenantName, invitedByName, roleName }) => ({
        id: invitationId,
        label: tenantName,
        also: invitedByName,
        detail: `${invitedByName} invites you as ${roleName}`,
        icon: <WorkspaceMark name={tenantName} />,
        // Opens the page with the invitation. One Enter too many must not accept it.
        to: paths.workspaces(),
      })),
    },
    { label: "Go to", items: places(slug) },
    { label: "Do", items: [...actions, help].map((action) => ({ ...action, id: `do-${action.label}` })) },
  ];
}

function choiceOf({ id, label, detail, icon, to, run, reason }: Item) {
  const beside = reason ?? detail;
  return {
    id,
    disabled: Boolean(reason),
    ...(to !== undefined && { to }),
    ...(run && { run }),
    content: (
      <>
        <span className={classes.icon} aria-hidden>
          {icon}
        </span>
        <span className={classes.label}>{label}</span>
        {beside && <span className={classes.detail}>{beside}</span>}
      </>
    ),
  };
}
