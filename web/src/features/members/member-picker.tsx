import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { membersFoundQuery } from "./queries.ts";
import { detailsOf } from "../../ui/tell-apart.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";

interface MemberPickerProps {
  label: string;
  value?: string;
  onChange?: (memberId: string | null) => void;
  error?: React.ReactNode;
}

interface Choice {
  value: string;
  label: string;
}

/** Picks one active member other than this person. The server searches, because there may be a hundred thousand. */
export function MemberPicker({ label, value, onChange, error }: MemberPickerProps) {
  const { slug } = useTenant();
  const { dateWords } = useTimes();
  const [chosen, setChosen] = useState<Choice | null>(null);
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed === chosen?.label ? "" : typed.trim(), 150);
  const found = useQuery(membersFoundQuery(slug, search));
  const choices: Choice[] = (found.data ?? [])
    .filter(({ isSelf }) => !isSelf)
    .map((member) => ({ value: member.memberId, label: `${member.name} · ${detailsOf(member, dateWords)}` }));
  // The chosen member stays in the list, or the input would lose the name.
  const data = chosen && !choices.some((choice) => choice.value === chosen.value) ? [chosen, ...choices] : choices;
  return (
    <Select
      label={label}
      placeholder="Type a name"
      searchable
      // Submitting an empty form focuses this field, and an open list would cover its error message.
      openOnFocus={false}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={found.isPending ? "Searching…" : "No matches. Try fewer letters."}
      data={data}
      value={value ?? null}
      error={error}
      onChange={(memberId) => {
        setChosen(data.find((choice) => choice.value === memberId) ?? null);
        onChange?.(memberId);
      }}
    />
  );
}
