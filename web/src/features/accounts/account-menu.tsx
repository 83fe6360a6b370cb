import {
  Button,
  Kbd,
  Popover,
  SegmentedControl,
  Slider,
  Switch,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDevices, IconKeyboard, IconLogout, IconUserCog } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { words } from "../../api/errors.ts";
import { meQuery } from "./queries.ts";
import { paths } from "../../paths.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { FailureNote } from "../../ui/failure.tsx";
import { MySsoLink } from "../sso/my-sso-link.tsx";
import { usePalette } from "../palette/palette-context.ts";
import { MAX_TAIL_MS } from "../../voice/tail.ts";
import { useTailSetting } from "../../voice/use-tail-setting.ts";
import { useTickSetting } from "../../voice/use-tick-setting.ts";
import classes from "./account-menu.module.css";
import { useSignOut } from "./use-sign-out.ts";

/** How the buttons and links at the end of the menu look. */
const MENU_BUTTON = { variant: "subtle", color: "gray", justify: "flex-start", fullWidth: true } as const;

interface AccountMenuProps {
  /** The person's role in the open workspace. Without it the menu shows the email address. */
  roleName?: string;
  compact?: boolean;
  /** Further settings, for the open workspace. */
  children?: React.ReactNode;
}

/** Who is signed in, how the app looks and sounds on this computer, and how to sign out. */
export function AccountMenu({ roleName, compact = false, children }: AccountMenuProps) {
  const { data: me } = useQuery({ ...meQuery(), retry: false });
  const signOut = useSignOut();
  const signOutEverywhere = useSignOut({ everywhere: true });
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const palette = usePalette();
  const [opened, menu] = useDisclosure();
  const [ticks, setTicks] = useTickSetting();
  const [tail, setTail] = useTailSetting();
  if (!me) return null;
  const { name, email } = me.account;

  return (
    <Popover
      opened={opened}
      onChange={menu.set}
      position={compact ? "bottom-end" : "top-start"}
      width={264}
      radius="lg"
      shadow="lg"
      offset={6}
      trapFocus
      withinPortal={false}
    >
      <Popover.Target>
        <UnstyledButton className={classes.target} data-compact={compact} onClick={menu.toggle}>
          <VisuallyHidden>Account: {compact && name}</VisuallyHidden>
          <Avatar name={name} size={32} />
          {!compact && (
            <span className={classes.who}>
              <span translate="no" className={classes.name}>
                {name}
              </span>
              <span className={classes.role}>{roleName ?? email}</span>
            </span>
          )}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label="Account" className={classes.dropdown}>
        <div>
          <div translate="no" className={classes.name}>
            {name}
          </div>
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
          label="Tick when someone talks"
          labelPosition="left"
          size="sm"
          checked={ticks}
          onChange={(event) => setTicks(event.currentTarget.checked)}
        />
        <div className={classes.tail}>
          <div className={classes.tailHead}>
            <span>Keep microphone open</span>
            <span translate="no">{tail} ms</span>
          </div>
          <Slider
            thumbLabel="How long the microphone stays open after you release the talk key, in milliseconds"
            label={null}
            size="sm"
            min={0}
            max={MAX_TAIL_MS}
            step={50}
            value={tail}
            onChange={setTail}
          />
          <p>At least this long after you release the talk key. Raise it if a slow headset cuts off your last word.</p>
        </div>
        <FailureNote>{signOutEverywhere.isError && words(signOutEverywhere.error)}</FailureNote>
        <div className={classes.actions}>
          {palette && (
            <Button
              {...MENU_BUTTON}
              leftSection={<IconKeyboard size={18} />}
              rightSection={<Kbd size="xs">?</Kbd>}
              onClick={() => {
                menu.close();
                palette.showKeys();
              }}
            >
              Keyboard shortcuts
            </Button>
          )}
          <MySsoLink {...MENU_BUTTON} />
          <Button {...MENU_BUTTON} component={Link} to={paths.account()} leftSection={<IconUserCog size={18} />}>
            Account
          </Button>
          <Button
            {...MENU_BUTTON}
            leftSection={<IconLogout size={18} />}
            loading={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            Sign out
          </Button>
          <Button
            {...MENU_BUTTON}
            leftSection={<IconDevices size={18} />}
            loading={signOutEverywhere.isPending}
            onClick={() => signOutEverywhere.mutate()}
          >
            Sign out everywhere
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
