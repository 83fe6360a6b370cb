import { MultiSelect, Radio, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { membersFoundQuery, membersNamedQuery, rolesQuery } from "../../api/queries.ts";
import type { Channel } from "../../api/types.ts";
import { useTenant } from "../tenants/tenant-context.ts";

export type ChannelValues = Pick<Channel, "name" | "description" | "recording" | "transmission" | "talkers">;

export interface ChannelFieldsProps {
  form: UseFormReturnType<ChannelValues>;
  /** What this person may change; what they may not is shown, disabled. */
  may: { edit: boolean; configureRecording: boolean; setTransmission: boolean };
}

export function ChannelFields({ form, may }: ChannelFieldsProps) {
  return (
    <>
      <TextInput
        label="Name"
        placeholder="Dispatch"
        autoComplete="off"
        data-autofocus
        disabled={!may.edit}
        {...form.getInputProps("name")}
      />
      <Textarea
        label="Description"
        description="Optional: what it is for"
        autosize
        minRows={1}
        maxRows={4}
        disabled={!may.edit}
        {...form.getInputProps("description")}
      />
      <Switch
        label="Recording"
        description={
          may.configureRecording
            ? "Keeps what is said, to play again. Everyone on the channel sees it."
            : "Your role can't change recording."
        }
        disabled={!may.configureRecording}
        {...form.getInputProps("recording", { type: "checkbox" })}
      />
      <Radio.Group label="Who may talk" {...form.getInputProps("transmission")}>
        <Stack gap="xs" mt="xs">
          <Radio value="open" label="Everyone whose role may talk" disabled={!may.setTransmission} />
          <Radio value="restricted" label="Only chosen roles and people" disabled={!may.setTransmission} />
        </Stack>
      </Radio.Group>
      {form.getValues().transmission === "restricted" && <Talkers form={form} disabled={!may.setTransmission} />}
    </>
  );
}

function Talkers({ form, disabled }: { form: ChannelFieldsProps["form"]; disabled: boolean }) {
  const { slug } = useTenant();
  const { data: roles } = useQuery(rolesQuery(slug));
  return (
    <>
      <MultiSelect
        label="Roles that may talk"
        size="md"
        searchable
        disabled={disabled}
        data={(roles ?? []).map(({ roleId, name }) => ({ value: roleId, label: name }))}
        {...form.getInputProps("talkers.roleIds")}
      />
      <TalkingPeople form={form} disabled={disabled} />
    </>
  );
}

/** Found by the server while one types: there may be a hundred thousand. */
function TalkingPeople({ form, disabled }: { form: ChannelFieldsProps["form"]; disabled: boolean }) {
  const { slug, can } = useTenant();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 150);
  const chosen = form.getValues().talkers.memberIds;
  const found = useQuery({ ...membersFoundQuery(slug, search), enabled: can.viewMembers && !disabled });
  const named = useQuery({ ...membersNamedQuery(slug, chosen), enabled: can.viewMembers && chosen.length > 0 });
  const names = new Map([...(named.data ?? []), ...(found.data ?? [])].map(({ memberId, name }) => [memberId, name]));
  const options = new Set([...chosen, ...(found.data ?? []).map(({ memberId }) => memberId)]);
  return (
    <MultiSelect
      label="People who may talk"
      size="md"
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options: all }) => all}
      nothingFoundMessage={found.isPending ? "Looking…" : "Nobody of that name."}
      disabled={disabled}
      data={[...options].map((memberId) => ({ value: memberId, label: names.get(memberId) ?? "Somebody" }))}
      {...form.getInputProps("talkers.memberIds")}
    />
  );
}
