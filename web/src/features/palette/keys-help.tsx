import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { Kbd, Modal } from "@mantine/core";
import { use } from "react";
import { useTalkKeyMode } from "../channels/use-talk-key-mode.ts";
import { TenantContext } from "../tenants/tenant-context.ts";
import classes from "./palette.module.css";

/** The name of the modifier key: ⌘ on Apple's systems. */
export const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

interface Shortcut {
  keys: string[];
  does: string;
}

const EVERYWHERE: Shortcut[] = [
  { keys: [MOD, "K"], does: "Find a workspace, channel, person or setting" },
  { keys: ["?"], does: "Show this list" },
  { keys: ["Esc"], does: "Close what is open" },
  { keys: ["Tab"], does: "Go to the next control, or with Shift to the previous one" },
];

const IN_LISTS: Shortcut[] = [
  { keys: ["↑", "↓"], does: "Move" },
  { keys: ["Enter"], does: "Choose" },
  { keys: [MOD, "Enter"], does: "Open in a new tab" },
];

const IN_TABLES: Shortcut[] = [
  { keys: ["↑", "↓"], does: "Go to the row above or below" },
  { keys: ["Home", "End"], does: "Go to the first or last row" },
  { keys: ["Tab"], does: "Go through the row's actions, then leave the list" },
];

const SPACE = {
  hold: "Hold to talk on the chosen channel",
  latch: "Press once to talk on the chosen channel, again to stop",
} satisfies Record<TalkKeyMode, string>;

export function KeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const mayTalk = use(TenantContext)?.can.talk ?? false;
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="lg">
      {mayTalk && <TalkKeys />}
      <Keys title="Everywhere" shortcuts={EVERYWHERE} />
      <Keys title="In lists of people, invitations, workspaces and the audit log" shortcuts={IN_TABLES} />
      <Keys title="In the palette and the switcher" shortcuts={IN_LISTS} />
    </Modal>
  );
}

function TalkKeys() {
  const [mode] = useTalkKeyMode();
  return (
    <Keys
      title="Talking"
      shortcuts={[
        { keys: ["Space"], does: SPACE[mode] },
        { keys: ["Enter"], does: "The same on the channel whose talk key has the focus" },
        { keys: ["←", "→"], does: "Choose the channel that Space talks on" },
      ]}
    />
  );
}

function Keys({ title, shortcuts }: { title: string; shortcuts: Shortcut[] }) {
  return (
    <section className={classes.keys}>
      <h3>{title}</h3>
      <dl>
        {shortcuts.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
