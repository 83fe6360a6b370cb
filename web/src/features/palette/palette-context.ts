import { createContext, use } from "react";

interface PaletteControls {
  find: () => void;
  showKeys: () => void;
}

export const PaletteContext = createContext<PaletteControls | null>(null);

/** For buttons that open the palette or the list of keys. Null on pages without a palette, where nobody is signed in. */
export function usePalette(): PaletteControls | null {
  return use(PaletteContext);
}
