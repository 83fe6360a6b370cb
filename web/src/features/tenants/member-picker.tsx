import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { membersQuery } from "../../api/queries.ts";
import { useTenant } from "./tenant-context.ts";

interface MemberPickerProps {
  label: string;
  value?: string;
  onChange?: (memberId: string | null) => void;
  error?: React.ReactNode;
}

/** One active member other than oneself. */
export function MemberPicker({ label, ...input }: MemberPickerProps) {
  const { slug } = useTenant();
  const members = useInfiniteQuery(membersQuery(slug));
  const others = (members.data?.pages.flatMap(({ items }) => items) ?? []).filter(
    ({ isSelf, status }) => !isSelf && status === "active",
  );
  return (
    <Select
      label={label}
      placeholder="Choose a member"
      searchable
      nothingFoundMessage={members.isPending ? "Loading…" : "Nobody of that name."}
      data={others.map(({ memberId, name, email, roleName }) => ({
        value: memberId,
        label: `${name} · ${email ?? roleName}`,
      }))}
      {...input}
    />
  );
}
