import type { ComboboxItem, ComboboxParsedItem, OptionsFilter } from "@mantine/core";
import { fit } from "./search.ts";

/** Mantine's filter for fields that narrow their options by what is typed. Letters are compared as in search.ts. */
export const fittingOptions: OptionsFilter = ({ options, search, limit }) => {
  const fits = ({ label }: ComboboxItem) => fit(search, label) > 0;
  return options
    .flatMap((option): ComboboxParsedItem[] => {
      if (!("group" in option)) return fits(option) ? [option] : [];
      const items = option.items.filter(fits);
      return items.length > 0 ? [{ ...option, items }] : [];
    })
    .slice(0, limit);
};
