import { ActionIcon, Checkbox, Menu, Tooltip, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowsSort, IconArrowUp, IconDots, IconUserPause } from "@tabler/icons-react";
import { useRef } from "react";
import type { Member } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import { Avatar } from "../../ui/avatar.tsx";
import { namesApart } from "../../ui/tell-apart.ts";
import { fromNow } from "../../ui/time.ts";
import { useKeyboardRows } from "../../ui/use-keyboard-rows.ts";
import { useTimes } from "../tenants/use-times.ts";
import { ABILITY, affected, type MemberChange, shortLabel } from "./member-changes.ts";
import classes from "./people.module.css";
import type { MemberSort, MemberViewState } from "./use-member-view.ts";

interface MembersTableProps {
  members: readonly Member[];
  /** The rows are of the previous view, until the new ones are loaded. */
  isOld: boolean;
  view: MemberViewState["view"];
  sortBy: MemberViewState["sortBy"];
  selected: ReadonlyMap<string, Member>;
  select: (members: readonly Member[], selected: boolean) => void;
  ask: (change: MemberChange, members: readonly Member[]) => void;
  askMfaReset: (member: Member) => void;
}

export const selectable = ({ can }: Member) => can.changeRole || can.suspend || can.remove;

export function MembersTable({ members, isOld, view, sortBy, selected, select, ...asking }: MembersTableProps) {
  const { dateWords, fullTime } = useTimes();
  const choosable = members.filter(selectable);
  const chosen = choosable.filter(({ memberId }) => selected.has(memberId));
  const names = namesApart(members, dateWords, fullTime);
  const named = (member: Member) => names.get(member.memberId) ?? member.name;
  const rows = useKeyboardRows(members.map(({ memberId }) => memberId));
  const sorted = (sort: MemberSort) => ({ sort, view, sortBy });
  return (
    <table className={classes.table} aria-busy={isOld} data-old={isOld}>
      <caption className={classes.caption}>Members</caption>
      <thead>
        <tr>
          <td className={classes.check}>
            <Checkbox
              aria-label="Select everyone on this page"
              disabled={choosable.length === 0}
              checked={chosen.length > 0 && chosen.length === choosable.length}
              indeterminate={chosen.length > 0 && chosen.length < choosable.length}
              onChange={(event) => select(choosable, event.currentTarget.checked)}
            />
          </td>
          <SortHeader {...sorted("name")}>Name</SortHeader>
          <SortHeader {...sorted("role")} className={classes.middle}>
            Role
          </SortHeader>
          <SortHeader {...sorted("lastSeen")} className={classes.wide}>
            Last seen
          </SortHeader>
          <SortHeader {...sorted("joined")} className={`${classes.wide} ${classes.joined}`}>
            Joined
          </SortHeader>
          <td className={classes.menu} />
        </tr>
      </thead>
      <tbody {...rows.list}>
        {members.map((member) => (
          <tr key={member.memberId} data-row={member.memberId} data-selected={selected.has(member.memberId)}>
            <td className={classes.check}>
              <SelectOne
                member={member}
                name={named(member)}
                tabIndex={rows.tabIndexOf(member.memberId)}
                selected={selected.has(member.memberId)}
                select={select}
              />
            </td>
            <th scope="row" aria-label={named(member)}>
              <Who member={member} />
            </th>
            <td className={classes.middle}>{member.roleName}</td>
            <td
              translate="no"
              className={classes.wide}
              title={member.lastSeenAt === null ? undefined : fullTime(member.lastSeenAt)}
            >
              <LastSeen member={member} />
            </td>
            <td className={`${classes.wide} ${classes.joined}`} title={fullTime(member.joinedAt)}>
              {dateWords(member.joinedAt)}
            </td>
            <td className={classes.menu}>
              <RowMenu member={member} name={named(member)} tabIndex={rows.tabIndexOf(member.memberId)} {...asking} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface SortHeaderProps extends Pick<MembersTableProps, "view" | "sortBy"> {
  sort: MemberSort;
  className?: string | undefined;
  children: string;
}

function SortHeader({ sort, view, sortBy, className, children }: SortHeaderProps) {
  const isSorted = view.sort === sort;
  const Arrow = !isSorted ? IconArrowsSort : view.order === "asc" ? IconArrowUp : IconArrowDown;
  return (
    <th scope="col" className={className} aria-sort={!isSorted ? undefined : view.order === "asc" ? "ascending" : "descending"}>
      <UnstyledButton className={classes.sort} data-sorted={isSorted} onClick={() => sortBy(sort)}>
        {children}
        <Arrow size={14} aria-hidden />
      </UnstyledButton>
    </th>
  );
}

function LastSeen({ member: { isConnected, lastSeenAt } }: { member: Member }) {
  if (isConnected) return <span className={classes.connected}>now</span>;
  return lastSeenAt === null ? "never" : fromNow(lastSeenAt);
}

interface RowProps {
  member: Member;
  /** The name, with details if somebody else on the page has the same. */
  name: string;
  tabIndex: 0 | -1;
}

function SelectOne({
  member,
  name,
  tabIndex,
  selected,
  select,
}: RowProps & { selected: boolean } & Pick<MembersTableProps, "select">) {
  const box = (
    <Checkbox
      aria-label={`Select ${name}`}
      tabIndex={tabIndex}
      disabled={!selectable(member)}
      checked={selected}
      onChange={(event) => select([member], event.currentTarget.checked)}
    />
  );
  if (selectable(member)) return box;
  return (
    <Tooltip label={member.why.remove}>
      <span>{box}</span>
    </Tooltip>
  );
}

function Who({ member: { name, email, isSelf, isOwner, isConnected, status, roleName } }: { member: Member }) {
  return (
    <span className={classes.person}>
      <Avatar name={name} size={32} className={classes.avatar} />
      <span className={classes.text}>
        <span translate="no" className={classes.name}>
          <span>
            {name}
            {isSelf && <span className={classes.dim}> (you)</span>}
          </span>
          {isOwner && <span className={classes.tag}>Owner</span>}
          {status === "suspended" && (
            <span className={classes.tag} data-tone="amber">
              <IconUserPause size={14} aria-hidden /> Suspended
            </span>
          )}
        </span>
        {email !== null && (
          <span className={`${classes.dim} ${classes.email}`} title={email}>
            <Address>{email}</Address>
          </span>
        )}
        <span className={`${classes.dim} ${classes.narrow}`}>
          {roleName}
          {isConnected && <span className={classes.connected}>now</span>}
        </span>
      </span>
    </span>
  );
}

function RowMenu({ member, name, tabIndex, ask, askMfaReset }: RowProps & Pick<MembersTableProps, "ask" | "askMfaReset">) {
  const changes = (["changeRole", "suspend", "reactivate", "remove"] as const).filter(
    (change) => affected(change, [member]).length > 0,
  );
  const button = useRef<HTMLButtonElement>(null);

  function choose(act: () => void) {
    // Before the dialog opens: when it closes it restores the focus, and the menu item no longer exists then.
    button.current?.focus();
    act();
  }

  return (
    <Menu position="bottom-end" width={264}>
      <Menu.Target>
        <ActionIcon ref={button} tabIndex={tabIndex} variant="subtle" color="gray" size="lg" aria-label={`Actions for ${name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {changes.map((change) => (
          <Item
            key={change}
            label={shortLabel(change)}
            why={member.why[ABILITY[change]]}
            destroys={change === "remove"}
            onChoose={() => choose(() => ask(change, [member]))}
          />
        ))}
        <Item
          label="Turn off two-step verification…"
          why={member.why.disableMfa}
          onChoose={() => choose(() => askMfaReset(member))}
        />
      </Menu.Dropdown>
    </Menu>
  );
}

interface ItemProps {
  label: string;
  /** Why it can't be chosen, or null. */
  why: string | null;
  destroys?: boolean;
  onChoose: () => void;
}

/** Not `disabled` where it can't be chosen: keyboard and screen reader users would never reach the reason. */
function Item({ label, why, destroys = false, onChoose }: ItemProps) {
  return (
    <Menu.Item aria-disabled={why !== null} closeMenuOnClick={why === null} onClick={() => why === null && onChoose()}>
      <span className={why !== null ? classes.cannot : destroys ? classes.destroys : undefined}>{label}</span>
      {why !== null && <span className={classes.why}>{why}</span>}
    </Menu.Item>
  );
}
