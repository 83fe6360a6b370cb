import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { VisuallyHidden } from "@mantine/core";
import { IconLock, IconMicrophone, IconMicrophoneOff } from "@tabler/icons-react";
import { useId } from "react";
import type { Channel } from "../../api/types.ts";
import { clock } from "../../ui/time.ts";
import { useNow } from "../../ui/use-now.ts";
import { LevelMeter } from "../../voice/level-meter.tsx";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import classes from "./talk-key.module.css";
import { useHoldToTalk } from "./use-hold-to-talk.ts";
import { useTalkKeyMode } from "./use-talk-key-mode.ts";
import { type TalkPhase, useTalkStatus } from "./use-talk-status.ts";

interface TalkKeyProps {
  channel: Channel;
  /** Space talks here. */
  selected: boolean;
  large?: boolean;
}

export function TalkKey({ channel, selected, large = false }: TalkKeyProps) {
  const client = useVoiceClient();
  const { phase, since, reason } = useTalkStatus(channel);
  const now = useNow(phase === "live");
  const id = useId();
  const blocked = reason !== null && phase !== "denied";
  const hold = useHoldToTalk(channel.channelId, blocked);
  const [mode] = useTalkKeyMode();
  const latched = useVoice(({ press }) => press.phase === "live" && press.mode === "latch");
  const rest = blocked ? "Listen only" : phase === "denied" ? "You can't talk now" : restLabel(mode, selected, large);
  const short = channel.can.talkRefusal === null && phase !== "denied";

  return (
    <div className={classes.wrap} data-large={large}>
      <button
        type="button"
        className={classes.key}
        data-phase={phase}
        data-blocked={blocked}
        data-selected={selected}
        data-talk-channel={blocked ? undefined : channel.channelId}
        aria-disabled={blocked}
        aria-pressed={phase === "live" || phase === "asking"}
        aria-describedby={reason === null ? undefined : id}
        {...hold}
      >
        <span className={classes.icon} aria-hidden>
          {phase === "live" ? <LevelMeter read={client.microphoneLevel} /> : <KeyIcon phase={phase} blocked={blocked} />}
        </span>
        <span className={classes.label}>
          {phase === "asking" && <span className={classes.late}>Asking…</span>}
          {phase === "live" && (
            <>
              You&apos;re live on {channel.name}
              {latched && (
                <span className={classes.stop} aria-hidden>
                  Press again to stop
                </span>
              )}
            </>
          )}
          {phase !== "asking" && phase !== "live" && (blocked && short ? reason : rest)}
          {phase !== "live" && (
            <VisuallyHidden>{blocked ? `: can't talk on ${channel.name}` : ` on ${channel.name}`}</VisuallyHidden>
          )}
        </span>
        {phase === "live" && (
          <span className={classes.time} aria-hidden>
            {clock(now - since)}
          </span>
        )}
      </button>
      {reason !== null && (
        <p id={id} className={classes.reason} data-hidden={short}>
          {!short && <IconLock size={16} aria-hidden />}
          <span>{reason}</span>
        </p>
      )}
    </div>
  );
}

function restLabel(mode: TalkKeyMode, selected: boolean, large: boolean): string {
  return `${mode === "latch" ? "Press" : "Hold"}${selected && !large ? " Space" : ""} to talk`;
}

function KeyIcon({ phase, blocked }: { phase: TalkPhase; blocked: boolean }) {
  if (phase === "denied") return <IconLock size={22} />;
  return blocked ? <IconMicrophoneOff size={22} /> : <IconMicrophone size={22} />;
}
