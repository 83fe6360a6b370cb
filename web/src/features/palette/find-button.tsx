import { ActionIcon, Kbd, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { MOD } from "./keys-help.tsx";
import { usePalette } from "./palette-context.ts";
import classes from "./palette.module.css";

/** Opens the palette, and shows its keys. */
export function FindButton({ compact = false }: { compact?: boolean }) {
  const palette = usePalette();
  if (!palette) return null;
  if (compact) {
    return (
      <ActionIcon variant="subtle" color="gray" size={40} aria-label="Find" title={`Find (${MOD} K)`} onClick={palette.find}>
        <IconSearch size={20} />
      </ActionIcon>
    );
  }
  return (
    <UnstyledButton className={classes.findButton} onClick={palette.find}>
      <IconSearch size={18} aria-hidden />
      <span>Find</span>
      <span className={classes.findKeys} aria-hidden>
        <Kbd size="xs">{MOD}</Kbd> <Kbd size="xs">K</Kbd>
      </span>
    </UnstyledButton>
  );
}
