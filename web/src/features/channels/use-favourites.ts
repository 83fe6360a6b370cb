import { useLocalStorage } from "@mantine/hooks";
import { useTenant } from "../tenants/tenant-context.ts";

/** This person's favourite channels, stored on this computer, as the board is. */
export function useFavourites() {
  const { memberId } = useTenant().self;
  const [favourites, setFavourites] = useLocalStorage<string[]>({
    key: `whoot.favourites.${memberId}`,
    defaultValue: [],
    getInitialValueInEffect: false,
    deserialize: (text) => {
      try {
        const read: unknown = JSON.parse(text ?? "[]");
        return Array.isArray(read) ? read.filter((id) => typeof id === "string") : [];
      } catch {
        return [];
      }
    },
  });
  return {
    isFavourite: (channelId: string) => favourites.includes(channelId),
    toggle: (channelId: string) =>
      setFavourites((before) => (before.includes(channelId) ? before.filter((id) => id !== channelId) : [...before, channelId])),
  };
}
