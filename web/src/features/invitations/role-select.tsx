import { Select } from "@mantine/core";
import type { Role } from "../../api/types.ts";
import { roleChoices } from "../roles/role-choices.ts";

interface RoleSelectProps {
  roles: Role[];
  label: string;
  description?: string;
  value?: string;
  onChange: (roleId: string) => void;
  error?: React.ReactNode;
  size?: "sm" | "md";
}

export function RoleSelect({ roles, onChange, ...rest }: RoleSelectProps) {
  return (
    <Select
      {...rest}
      data={roleChoices(roles)}
      onChange={(roleId) => {
        if (roleId !== null) onChange(roleId);
      }}
    />
  );
}

/** The default role: Member if this person may give it, or else the first role that they may give. */
export function defaultRoleId(roles: Role[]): string {
  const giveable = roles.filter(({ can }) => can.give);
  const usual = giveable.find(({ builtIn }) => builtIn === "member") ?? giveable[0] ?? roles[0];
  return usual?.roleId ?? "";
}
