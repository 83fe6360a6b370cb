import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { auditTargetQuery, auditTargetsFoundQuery } from "../../api/queries.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { targetTypeWords } from "./audit-words.ts";
import classes from "./audit.module.css";

interface TargetFilterProps {
  /** The id of a member, channel, role … */
  on: string | null;
  choose: (id: string | null) => void;
}

/** To whom or what something was done, found by the server: those that are gone too, of which there may be any number. */
export function TargetFilter({ on, choose }: TargetFilterProps) {
  const { slug, self } = useTenant();
  const { dateWords } = useTimes();
  const [typed, setTyped] = useState("");
  const { data: chosen } = useQuery({ ...auditTargetQuery(slug, on ?? ""), enabled: on !== null });
  const [search] = useDebouncedValue(typed === chosen?.name ? "" : typed.trim(), 150);
  const found = useQuery({ ...auditTargetsFoundQuery(slug, search), placeholderData: keepPreviousData });

  const others = (found.data?.items ?? []).filter(({ id }) => id !== on);
  // What is chosen stays in the list, or its name would go from the input.
  const targets = new Map((chosen && on !== null ? [chosen, ...others] : others).map((target) => [target.id, target]));
  const data = [...targets.values()].map(({ id, name }) => ({ value: id, label: name }));
  const more = { value: "", label: "There are more. Type more of the name.", disabled: true };
  return (
    <Select
      label="To whom or what"
      placeholder="Anybody and anything"
      searchable
      clearable
      clearButtonProps={{ "aria-label": "Clear to whom or what" }}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      data={found.data?.complete === false ? [...data, more] : data}
      // Who was removed and came back is somebody new of the same name, and so is a channel that was made again.
      renderOption={({ option }) => {
        const target = targets.get(option.value);
        if (!target) return option.label;
        return (
          <span className={classes.target}>
            {target.name}{" "}
            <span>
              {targetTypeWords(target.type)}, last {dateWords(target.newestAt)}
            </span>
          </span>
        );
      }}
      value={on}
      onChange={choose}
      nothingFoundMessage={
        found.isPending || found.isPlaceholderData
          ? "Looking…"
          : self.permissions.includes("users.view_contact")
            ? "Nothing in the log is called that. A search finds words by their beginning."
            : "Nothing in the log is called that. Your role can't look for email addresses."
      }
    />
  );
}
