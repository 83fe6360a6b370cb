import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "../../api/queries.ts";
import { useVoice } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./talk-dock.module.css";
import { TalkKey } from "./talk-key.tsx";

/** The talk key of the selected channel, where its tile is out of sight or out of the thumb's reach. */
export function TalkDock({ large = false }: { large?: boolean }) {
  const { slug } = useTenant();
  const { data: channels } = useQuery(channelsQuery(slug));
  const selected = useVoice((state) => state.selected);
  const channel = channels?.find(({ channelId }) => channelId === selected);
  if (!channel) return null;
  return (
    <section className={classes.dock} data-large={large} data-talk-dock={large ? "large" : "small"} aria-label="Talk">
      <p className={classes.where}>
        {channel.can.talk ? "Talking on" : "Listening to"} <strong>{channel.name}</strong>
      </p>
      <TalkKey channel={channel} selected large={large} />
    </section>
  );
}
