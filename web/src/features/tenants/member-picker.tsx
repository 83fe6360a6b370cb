import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { membersFoundQuery } from "../../api/queries.ts";
import { useTenant } from "./tenant-context.ts";

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

/** One active member other than oneself, found by the server: there may be a hundred thousand. */
export function MemberPicker({ label, value, onChange, error }: MemberPickerProps) {
  const { slug } = useTenant();
  const [chosen, setChosen] = useState<Choice | null>(null);
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed === chosen?.label ? "" : typed.trim(), 150);
  const found = useQuery(membersFoundQuery(slug, search));
  const choices: Choice[] = (found.data ?? [])
    .filter(({ isSelf }) => !isSelf)
    .map(({ memberId, name, email, roleName }) => ({ value: memberId, label: `${name} · ${email ?? roleName}` }));
  // What is chosen stays in the list, or its name would go from the input.
  const data = chosen && !choices.some((choice) => choice.value === chosen.value) ? [chosen, ...choices] : choices;
  return (
    <Select
      label={label}
      placeholder="Type a name"
      searchable
      // An empty form sends the focus here, and the list would cover what it says.
      openOnFocus={false}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={found.isPending ? "Looking…" : "Nobody of that name."}
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
