import { IconLock } from "@tabler/icons-react";
import type { Channel } from "../../api/types.ts";
import { Name } from "../../ui/name.tsx";
import { clock } from "../../ui/time.ts";
import { useNow } from "../../ui/use-now.ts";
import { listenersOn, talkersOfOthers, uncarriedOn } from "../../voice/cues.ts";
import { LevelMeter } from "../../voice/level-meter.tsx";
import type { HeardTalker } from "../../voice/model.ts";
import { isCutOff } from "../../voice/state.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { hearWords, uncarriedWords } from "../../voice/words.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./channel-tile.module.css";
import { TileLast } from "./tile-last.tsx";
import { type TalkPhase, useTalkStatus } from "./use-talk-status.ts";

interface TileNowProps {
  channel: Channel;
  phase: TalkPhase;
  muted: boolean;
}

/** Two lines of fixed height: what happens on the channel now, and who talked last. */
export function TileNow({ channel, phase, muted }: TileNowProps) {
  const { channelId } = channel;
  const cutOff = useVoice(isCutOff);
  // Selectors must return values of the state, not new arrays, so the filter runs here.
  const talkers = useVoice((state) => state.channels[channelId]?.talkers);
  const ownSessionId = useVoice((state) => (talkersOfOthers(state, channelId).length > 0 ? state.sessionId : null));
  const others = ownSessionId === null ? [] : (talkers ?? []).filter(({ sessionId }) => sessionId !== ownSessionId);
  return (
    <div className={classes.now}>
      {!cutOff && others.length > 0 ? (
        <Talkers channelId={channelId} talkers={others} muted={muted} />
      ) : (
        <p className={classes.state}>
          <Words channel={channel} phase={phase} cutOff={cutOff} />
        </p>
      )}
      {others.length < 2 && <TileLast channel={channel} />}
    </div>
  );
}

function Words({ channel, phase, cutOff }: { channel: Channel; phase: TalkPhase; cutOff: boolean }) {
  const { memberId } = useTenant().self;
  const hearers = useVoice((state) => hearWords(listenersOn(state, channel.channelId, memberId)));
  const { reason } = useTalkStatus(channel);
  if (phase === "denied") {
    return (
      <span className={classes.denied} title={reason ?? ""}>
        <IconLock size={16} aria-hidden /> <span>{reason}</span>
      </span>
    );
  }
  if (cutOff) return "Not connected";
  return phase === "live" ? hearers : "Quiet";
}

/** The greatest number of talkers shown by name. */
const MAX_SHOWN = 3;

function Talkers({ channelId, talkers, muted }: { channelId: string; talkers: readonly HeardTalker[]; muted: boolean }) {
  const client = useVoiceClient();
  const now = useNow(true);
  // A string, because a selector must not return a new object each time.
  const unheard = useVoice((state) => [...uncarriedOn(state, channelId)].join(" "));
  const hiddenUnheard = talkers.slice(MAX_SHOWN).filter(({ sessionId }) => unheard.includes(sessionId)).length;
  return (
    <ul className={classes.talkers}>
      {talkers.map(({ transmissionId, sessionId, name, since }, index) => (
        <li key={transmissionId} className={classes.talker} data-hidden={index >= MAX_SHOWN}>
          {index === 0 && !muted && <LevelMeter read={() => client.level(channelId, sessionId)} />}
          <span className={classes.talkerName}>
            <Name strong>{name}</Name> <span className={classes.verb}>is talking</span>
            {unheard.includes(sessionId) && <span>, {uncarriedWords()}</span>}
          </span>
          {index === 0 && (
            <span translate="no" className={classes.elapsed}>
              {clock(now - since)}
            </span>
          )}
          {index === MAX_SHOWN - 1 && talkers.length > MAX_SHOWN && (
            <span>
              +{talkers.length - MAX_SHOWN}
              {hiddenUnheard > 0 && `, ${hiddenUnheard} not heard`}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
