import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { VisuallyHidden } from "@mantine/core";
import { IconLock, IconMicrophone, IconMicrophoneOff } from "@tabler/icons-react";
import { useId } from "react";
import type { Channel } from "../../api/types.ts";
import { Name } from "../../ui/name.tsx";
import { clock } from "../../ui/time.ts";
import { useNow } from "../../ui/use-now.ts";
import { LevelMeter } from "../../voice/level-meter.tsx";
import { useTalkPointer } from "../../voice/keys/use-talk-pointer.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import classes from "./talk-key.module.css";
import { useTalkKeyMode } from "./use-talk-key-mode.ts";
import { type TalkPhase, useTalkStatus } from "./use-talk-status.ts";

interface TalkKeyProps {
  channel: Channel;
  /** Whether Space talks on this channel. */
  selected: boolean;
  /** For the talk bar, which shows by itself why the person can't talk. */
  large?: boolean;
}

export function TalkKey({ channel, selected, large = false }: TalkKeyProps) {
  const client = useVoiceClient();
  const { phase, since, reason, onlyListens } = useTalkStatus(channel);
  const now = useNow(phase === "live");
  const id = useId();
  const blocked = reason !== null && phase !== "denied";
  const [mode] = useTalkKeyMode();
  const pointer = useTalkPointer(channel.channelId, mode, blocked);
  const latched = useVoice(({ press }) => press.phase === "live" && press.mode === "latch");
  // After a press that ended because the browser lost the key, the person can press again at once.
  const canPressAgain = useVoice(({ notice }) => notice?.reason === "focus_lost" || notice?.reason === "meta_key");

  return (
    <div className={classes.wrap} data-large={large}>
      <button
        type="button"
        className={classes.key}
        data-phase={phase}
        data-blocked={blocked}
        data-selected={selected}
        title={blocked ? (reason ?? "") : undefined}
        aria-disabled={blocked}
        aria-pressed={phase === "live" || phase === "asking"}
        aria-describedby={reason === null ? undefined : id}
        {...pointer}
      >
        <span className={classes.icon} aria-hidden>
          {phase === "live" || phase === "ending" ? (
            <LevelMeter read={client.microphoneLevel} />
          ) : (
            <KeyIcon phase={phase} blocked={blocked} />
          )}
        </span>
        <span className={classes.label}>
          {phase === "asking" && <span className={classes.late}>Asking…</span>}
          {phase === "live" && (
            <>
              You&apos;re live on <Name>{channel.name}</Name>
              {latched && (
                <span className={classes.stop} aria-hidden>
                  Press again to stop
                </span>
              )}
            </>
          )}
          {phase === "ending" && "Ending…"}
          {blocked && reason !== null ? (
            <Blocked reason={reason} isLasting={onlyListens} large={large} />
          ) : phase === "denied" && !canPressAgain ? (
            "You can't talk right now"
          ) : (
            phase !== "asking" && phase !== "live" && phase !== "ending" && <RestLabel mode={mode} selected={selected} />
          )}
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
        <p id={id} className={classes.reason}>
          {reason}
        </p>
      )}
    </div>
  );
}

interface BlockedProps {
  reason: string;
  /** True until somebody changes a role or the channel. Otherwise the reason is a passing state in a word or two. */
  isLasting: boolean;
  large: boolean;
}

function Blocked({ reason, isLasting, large }: BlockedProps) {
  if (!isLasting) return reason;
  return (
    <>
      Listen only
      {!large && (
        <span className={classes.why} aria-hidden>
          {reason}
        </span>
      )}
    </>
  );
}

function RestLabel({ mode, selected }: { mode: TalkKeyMode; selected: boolean }) {
  return (
    <>
      {mode === "latch" ? "Press" : "Hold"}
      {selected && <span className={classes.byKey}> Space</span>} to talk
    </>
  );
}

function KeyIcon({ phase, blocked }: { phase: TalkPhase; blocked: boolean }) {
  if (phase === "denied") return <IconLock size={22} />;
  return blocked ? <IconMicrophoneOff size={22} /> : <IconMicrophone size={22} />;
}
