import { useDisclosure } from "@mantine/hooks";
import { useRef } from "react";
import { CommandPalette, type PaletteAction } from "./command-palette.tsx";
import { useHotkeys } from "./hotkeys.ts";
import { KeysHelp } from "./keys-help.tsx";

/**
 * Ctrl/Cmd+K finds anything, `?` lists the keys: on every page of whoever is signed in.
 * @param actions what can be done here beside going somewhere
 */
export function Palette({ actions = [] }: { actions?: PaletteAction[] }) {
  const [opened, palette] = useDisclosure();
  const [helping, help] = useDisclosure();
  const cameFrom = useRef<HTMLElement | null>(null);

  function open() {
    if (document.activeElement instanceof HTMLElement) cameFrom.current = document.activeElement;
    help.close();
    palette.open();
  }

  function close() {
    palette.close();
    cameFrom.current?.focus({ preventScroll: true });
  }

  useHotkeys({ onPalette: opened ? close : open, onHelp: help.open });
  return (
    <>
      <CommandPalette opened={opened} onClose={close} actions={actions} onHelp={help.open} />
      <KeysHelp opened={helping} onClose={help.close} />
    </>
  );
}
