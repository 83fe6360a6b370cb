import { MultiSelect, Radio, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AddOnHelp } from "../billing/buying-help.tsx";
import { membersFoundQuery, membersNamedQuery } from "../members/queries.ts";
import { rolesQuery } from "../roles/queries.ts";
import type { ChannelDetail } from "../../api/types.ts";
import { fittingOptions } from "../../ui/fitting-options.ts";
import { namesApart } from "../../ui/tell-apart.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";

export type ChannelValues = Pick<ChannelDetail, "name" | "description" | "recording" | "transmission" | "talkers">;

export interface ChannelFieldsProps {
  form: UseFormReturnType<ChannelValues>;
  /** What this person may change. ChannelFacts shows the rest. */
  may: { edit: boolean; configureRecording: boolean; setTransmission: boolean };
}

export function ChannelFields({ form, may }: ChannelFieldsProps) {
  return (
    <>
      {may.edit && (
        <>
          <TextInput label="Name" placeholder="Dispatch" autoComplete="off" data-autofocus {...form.getInputProps("name")} />
          <Textarea
            label="Description"
            description="Optional: what the channel is for"
            autosize
            minRows={1}
            maxRows={4}
            {...form.getInputProps("description")}
          />
        </>
      )}
      {may.configureRecording && <Recording form={form} />}
      {may.setTransmission && (
        <>
          <Radio.Group label="Who may talk" {...form.getInputProps("transmission")}>
            <Stack gap="xs" mt="xs">
              <Radio value="open" label="Everyone whose role may talk" />
              <Radio value="restricted" label="Only chosen roles and people" />
            </Stack>
          </Radio.Group>
          {form.getValues().transmission === "restricted" && <Talkers form={form} />}
        </>
      )}
    </>
  );
}

/** Without the add-on nothing is recorded, and it can only be switched off. */
function Recording({ form }: Pick<ChannelFieldsProps, "form">) {
  const { addOns } = useTenant();
  const isBought = addOns === null || addOns.includes("recording");
  return (
    <>
      <Switch
        label="Recording"
        description={
          isBought
            ? "Keeps everything said for replay. Everyone on the channel sees that it's recorded."
            : "The workspace hasn't bought Recording, so nothing is recorded."
        }
        disabled={!isBought && !form.getValues().recording}
        {...form.getInputProps("recording", { type: "checkbox" })}
      />
      {!isBought && <AddOnHelp />}
    </>
  );
}

function Talkers({ form }: Pick<ChannelFieldsProps, "form">) {
  const { slug } = useTenant();
  const { data: roles } = useQuery(rolesQuery(slug));
  return (
    <>
      <MultiSelect
        label="Roles that may talk"
        size="md"
        searchable
        filter={fittingOptions}
        data={(roles ?? []).map(({ roleId, name }) => ({ value: roleId, label: name }))}
        {...form.getInputProps("talkers.roleIds")}
      />
      <TalkingPeople form={form} />
    </>
  );
}

/** The server searches as the person types, because a workspace may have a hundred thousand members. */
function TalkingPeople({ form }: Pick<ChannelFieldsProps, "form">) {
  const { slug, can } = useTenant();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 150);
  const chosen = form.getValues().talkers.memberIds;
  const found = useQuery({ ...membersFoundQuery(slug, search), enabled: can.viewMembers });
  const named = useQuery({ ...membersNamedQuery(slug, chosen), enabled: can.viewMembers && chosen.length > 0 });
  const { dateWords, fullTime } = useTimes();
  const known = new Map([...(named.data ?? []), ...(found.data ?? [])].map((member) => [member.memberId, member]));
  const names = namesApart([...known.values()], dateWords, fullTime);
  const options = new Set([...chosen, ...(found.data ?? []).map(({ memberId }) => memberId)]);
  return (
    <MultiSelect
      label="People who may talk"
      size="md"
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options: all }) => all}
      nothingFoundMessage={found.isPending ? "Searching…" : "No matches. Try fewer letters."}
      data={[...options].map((memberId) => ({ value: memberId, label: names.get(memberId) ?? "Someone" }))}
      {...form.getInputProps("talkers.memberIds")}
    />
  );
}
