import { useDisclosure } from "@mantine/hooks";
import { useRef } from "react";
import { CommandPalette, type PaletteAction } from "./command-palette.tsx";
import { useHotkeys } from "./hotkeys.ts";
import { KeysHelp } from "./keys-help.tsx";
import { PaletteContext } from "./palette-context.ts";

/**
 * The palette (Ctrl/Cmd+K) and the list of keys (`?`), on every page of people who are signed in. Buttons inside can open them too
 * (usePalette).
 * @param actions what the palette offers to do, besides opening pages
 */
export function Palette({ actions = [], children }: { actions?: PaletteAction[]; children?: React.ReactNode }) {
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
    <PaletteContext value={{ find: open, showKeys: help.open }}>
      {children}
      <CommandPalette opened={opened} onClose={close} actions={actions} onHelp={help.open} />
      <KeysHelp opened={helping} onClose={help.close} />
    </PaletteContext>
  );
}
