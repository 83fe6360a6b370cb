import { Button, Popover, SegmentedControl, Switch, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../../api/queries.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { useTickSetting } from "../../voice/use-tick-setting.ts";
import classes from "./account-menu.module.css";
import { useSignOut } from "./use-sign-out.ts";

interface AccountMenuProps {
  /** What the person is in the workspace that is open. */
  roleName?: string;
  compact?: boolean;
  /** Further choices, of the workspace that is open. */
  children?: React.ReactNode;
}

/** Who is signed in, how the app looks and sounds on this computer, and the way out. */
export function AccountMenu({ roleName, compact = false, children }: AccountMenuProps) {
  const { data: me } = useQuery({ ...meQuery(), retry: false });
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [ticks, setTicks] = useTickSetting();
  if (!me) return null;
  const { name, email } = me.account;

  return (
    <Popover
      position={compact ? "bottom-end" : "top-start"}
      width={264}
      radius="lg"
      shadow="lg"
      offset={6}
      trapFocus
      withinPortal={false}
    >
      <Popover.Target>
        <UnstyledButton className={classes.target} data-compact={compact}>
          <VisuallyHidden>Account: {compact && name}</VisuallyHidden>
          <Avatar name={name} size={32} />
          {!compact && (
            <span className={classes.who}>
              <span className={classes.name}>{name}</span>
              <span className={classes.role}>{roleName ?? email}</span>
            </span>
          )}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label="Account" className={classes.dropdown}>
        <div>
          <div className={classes.name}>{name}</div>
          <div className={classes.role}>{email}</div>
        </div>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label="Theme"
          value={colorScheme}
          onChange={(value) => setColorScheme(value)}
          data={[
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
            { value: "auto", label: "Auto" },
          ]}
        />
        {children}
        <Switch
          label="Ticks when someone talks"
          labelPosition="left"
          size="sm"
          checked={ticks}
          onChange={(event) => setTicks(event.currentTarget.checked)}
        />
        <Button
          variant="default"
          leftSection={<IconLogout size={18} />}
          loading={signOut.isPending}
          onClick={() => signOut.mutate()}
        >
          Sign out
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
