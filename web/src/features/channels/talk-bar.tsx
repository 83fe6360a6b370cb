import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "./queries.ts";
import type { Channel } from "../../api/types.ts";
import { Name } from "../../ui/name.tsx";
import { listenersOn } from "../../voice/cues.ts";
import { LevelMeter } from "../../voice/level-meter.tsx";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { hearWords } from "../../voice/words.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./talk-bar.module.css";
import { TalkKey } from "./talk-key.tsx";
import { useTalkStatus } from "./use-talk-status.ts";

/** Which channel the person talks on, who hears them, for how long, and their level. On every page while a channel is joined. */
export function TalkBar() {
  const { slug } = useTenant();
  const { data: channels } = useQuery(channelsQuery(slug));
  const selected = useVoice((state) => state.selected);
  const channel = channels?.find(({ channelId }) => channelId === selected);
  return channel ? <Bar channel={channel} /> : null;
}

function Bar({ channel }: { channel: Channel }) {
  const client = useVoiceClient();
  const { memberId } = useTenant().self;
  const { phase, reason, onlyListens } = useTalkStatus(channel);
  const hearers = useVoice((state) => hearWords(listenersOn(state, channel.channelId, memberId)));
  const hasMicrophone = useVoice((state) => state.microphone === "ready");
  return (
    <section translate="no" className={classes.bar} data-talk-bar data-phase={phase} data-listens={onlyListens} aria-label="Talk">
      <TalkKey channel={channel} selected large />
      <p className={classes.where}>
        <Where channel={channel} onlyListens={onlyListens} live={phase === "live" || phase === "asking"} />
        <span className={classes.state}>{phase === "live" ? hearers : reason}</span>
      </p>
      {!onlyListens && hasMicrophone && (
        <span className={classes.level} title="Your microphone's level">
          <LevelMeter read={client.microphoneLevel} />
        </span>
      )}
    </section>
  );
}

function Where({ channel, onlyListens, live }: { channel: Channel; onlyListens: boolean; live: boolean }) {
  const name = <Name strong>{channel.name}</Name>;
  if (live) return <span className={classes.target}>Talking on {name}</span>;
  if (onlyListens) return <span className={classes.target}>Listening to {name}</span>;
  return (
    <span className={classes.target}>
      <span className={classes.byKey}>Space talks on</span>
      <span className={classes.byTouch}>The key talks on</span> {name}
    </span>
  );
}
