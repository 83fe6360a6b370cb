import { Menu, SegmentedControl, Switch, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../../api/queries.ts";
import { initials } from "../../ui/initials.ts";
import { useTickSetting } from "../../voice/use-tick-setting.ts";
import classes from "./account-menu.module.css";
import { useSignOut } from "./use-sign-out.ts";

interface AccountMenuProps {
  /** What the person is in the workspace that is open. */
  roleName?: string;
  compact?: boolean;
}

export function AccountMenu({ roleName, compact = false }: AccountMenuProps) {
  const { data: me } = useQuery(meQuery());
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [ticks, setTicks] = useTickSetting();
  if (!me) return null;

  return (
    <Menu position={compact ? "bottom-end" : "top-start"} width={272} closeOnItemClick={false}>
      <Menu.Target>
        <UnstyledButton className={classes.target} data-compact={compact} aria-label={`Account: ${me.account.name}`}>
          <span className={classes.avatar} aria-hidden>
            {initials(me.account.name)}
          </span>
          {!compact && (
            <span className={classes.who}>
              <span className={classes.name}>{me.account.name}</span>
              <span className={classes.role}>{roleName ?? me.account.email}</span>
            </span>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.card}>
          <div className={classes.name}>{me.account.name}</div>
          <div className={classes.role}>{me.account.email}</div>
        </div>
        <Menu.Divider />
        <div className={classes.setting}>
          <VisuallyHidden id="theme-label">Theme</VisuallyHidden>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-labelledby="theme-label"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={[
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
              { value: "auto", label: "Auto" },
            ]}
          />
        </div>
        <div className={classes.setting}>
          <Switch
            label="Ticks when someone talks"
            labelPosition="left"
            size="sm"
            checked={ticks}
            onChange={(event) => setTicks(event.currentTarget.checked)}
          />
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={18} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
