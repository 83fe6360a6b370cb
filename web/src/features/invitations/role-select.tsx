import { Select } from "@mantine/core";
import type { Role } from "../../api/types.ts";

interface RoleSelectProps {
  roles: Role[];
  label: string;
  description?: string;
  value?: string;
  onChange: (roleId: string) => void;
  error?: React.ReactNode;
  size?: "sm" | "md";
}

/** The workspace's roles; those that hold more than one's own are shown and can't be chosen. */
export function RoleSelect({ roles, onChange, ...rest }: RoleSelectProps) {
  return (
    <Select
      {...rest}
      data={roles.map(({ roleId, name, can }) => ({
        value: roleId,
        label: can.give ? name : `${name} (allows more than your role)`,
        disabled: !can.give,
      }))}
      onChange={(roleId) => {
        if (roleId !== null) onChange(roleId);
      }}
    />
  );
}

/** What most people are invited as; at least a role that one may give, if there is any. */
export function usualRole(roles: Role[]): string {
  const giveable = roles.filter(({ can }) => can.give);
  const usual = giveable.find(({ builtIn }) => builtIn === "member") ?? giveable[0] ?? roles[0];
  return usual?.roleId ?? "";
}
