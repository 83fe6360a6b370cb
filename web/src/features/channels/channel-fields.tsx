import { MultiSelect, Radio, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { membersQuery, rolesQuery } from "../../api/queries.ts";
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
  const { slug, can } = useTenant();
  const { data: roles } = useQuery(rolesQuery(slug));
  const { data: members } = useInfiniteQuery({ ...membersQuery(slug), enabled: can.viewMembers });
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
      <MultiSelect
        label="People who may talk"
        size="md"
        searchable
        disabled={disabled}
        data={(members?.pages ?? [])
          .flatMap(({ items }) => items)
          .map(({ memberId, name }) => ({ value: memberId, label: name }))}
        {...form.getInputProps("talkers.memberIds")}
      />
    </>
  );
}
