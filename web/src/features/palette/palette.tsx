import { useDisclosure } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { useHotkeys } from "./hotkeys.ts";
import { KeysHelp } from "./keys-help.tsx";

/** Comes when it is first asked for. */
const CommandPalette = lazy(async () => ({ default: (await import("./command-palette.tsx")).CommandPalette }));

export interface PaletteAction {
  label: string;
  also: string;
  icon: React.ReactNode;
  /** Why it can't be done; null when it can. */
  reason: string | null;
  run: () => void;
}

/**
 * Ctrl/Cmd+K finds anything, `?` lists the keys: on every page of whoever is signed in.
 * @param actions what can be done here beside going somewhere
 */
export function Palette({ actions = [] }: { actions?: PaletteAction[] }) {
  const [opened, palette] = useDisclosure();
  const [wanted, want] = useDisclosure();
  const [helping, help] = useDisclosure();
  useHotkeys({
    onPalette() {
      want.open();
      help.close();
      palette.toggle();
    },
    onHelp: help.open,
  });
  return (
    <>
      <Suspense>
        {wanted && <CommandPalette opened={opened} onClose={palette.close} actions={actions} onHelp={help.open} />}
      </Suspense>
      <KeysHelp opened={helping} onClose={help.close} />
    </>
  );
}
