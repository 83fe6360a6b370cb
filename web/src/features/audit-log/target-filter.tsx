import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { auditTargetQuery, auditTargetsFoundQuery } from "./queries.ts";
import { membersNamedQuery } from "../members/queries.ts";
import { detailsOf } from "../../ui/tell-apart.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { targetTypeWords } from "./audit-words.ts";
import { byName } from "../../ui/by-name.ts";
import classes from "./audit.module.css";

interface TargetFilterProps {
  /** Id of the target: a member, channel, role … */
  targetId: string | null;
  choose: (id: string | null) => void;
}

/** Filters by target. The server searches, because deleted targets count too and there may be any number of them. */
export function TargetFilter({ targetId, choose }: TargetFilterProps) {
  const { slug, can } = useTenant();
  const { dateWords } = useTimes();
  const [typed, setTyped] = useState("");
  const { data: chosen } = useQuery({ ...auditTargetQuery(slug, targetId ?? ""), enabled: targetId !== null });
  const [search] = useDebouncedValue(typed === chosen?.name ? "" : typed.trim(), 150);
  const found = useQuery({ ...auditTargetsFoundQuery(slug, search), placeholderData: keepPreviousData });

  const others = (found.data?.items ?? []).filter(({ id }) => id !== targetId).toSorted(byName);
  const memberIds = others.filter(({ type }) => type === "member").map(({ id }) => id);
  const members = useQuery({ ...membersNamedQuery(slug, memberIds), enabled: can.viewMembers && memberIds.length > 0 });
  const details = new Map((members.data ?? []).map((member) => [member.memberId, detailsOf(member, dateWords)]));
  // The chosen target stays in the list, or the input would lose the name.
  const targets = new Map((chosen && targetId !== null ? [chosen, ...others] : others).map((target) => [target.id, target]));
  const data = [...targets.values()].map(({ id, name }) => ({ value: id, label: name }));
  const more = { value: "", label: "There are more. Type more letters.", disabled: true };
  return (
    <Select
      label="To whom or what"
      placeholder="Anyone and anything"
      searchable
      clearable
      clearButtonProps={{ "aria-label": "Clear to whom or what" }}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      data={found.data?.complete === false ? [...data, more] : data}
      // A member who left and came back is a new target with the same name, so each option has details.
      renderOption={({ option }) => {
        const target = targets.get(option.value);
        if (!target) return option.label;
        return (
          <span className={classes.target}>
            {target.name}{" "}
            <span>
              {details.get(target.id) ?? targetTypeWords(target.type)}, last {dateWords(target.newestAt)}
            </span>
          </span>
        );
      }}
      value={targetId}
      onChange={choose}
      nothingFoundMessage={
        found.isPending || found.isPlaceholderData
          ? "Searching…"
          : can.viewContacts
            ? "No matches. Try fewer letters."
            : "No matches. Your role can't search by email address."
      }
    />
  );
}
