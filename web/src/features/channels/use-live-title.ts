import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "react-router";
import { channelsQuery } from "./queries.ts";
import { useVoice } from "../../voice/use-voice.ts";
import { refusalWords } from "../../voice/words.ts";
import { useTenant } from "../tenants/tenant-context.ts";

/** Shows in the tab's title that a latched talk goes on, or that the talk ended because the window lost focus. */
export function useLiveTitle(): void {
  const { pathname } = useLocation();
  const { slug, self } = useTenant();
  const { data: channels } = useQuery(channelsQuery(slug));
  const latched = useVoice(({ press }) => press.phase === "live" && press.mode === "latch");
  const endedChannelId = useVoice(({ notice }) => (notice?.reason === "focus_lost" ? notice.channelId : null));
  const endedChannel = channels?.find(({ channelId }) => channelId === endedChannelId)?.name;
  useEffect(() => {
    if (!latched && endedChannel === undefined) return;
    const title = document.title;
    const shown =
      endedChannel === undefined
        ? `● Live · ${title}`
        : refusalWords("focus_lost", { channel: endedChannel, role: self.roleName });
    document.title = shown;
    return () => {
      // Keep the title if a page has set its own meanwhile.
      if (document.title === shown) document.title = title;
    };
  }, [latched, endedChannel, self.roleName, pathname]);
}
