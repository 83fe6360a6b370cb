import { Button } from "@mantine/core";
import { IconMicrophoneOff, IconPlugConnectedX, IconVolumeOff } from "@tabler/icons-react";
import { Note } from "../ui/note.tsx";
import { useNow } from "../ui/use-now.ts";
import classes from "./connection-notes.module.css";
import type { AudioTrouble } from "./model.ts";
import { useVoice, useVoiceClient } from "./use-voice.ts";
import { audioTroubleWords, microphoneWords } from "./words.ts";

/** On every page: what keeps this person from talking or hearing, and what to do about it. */
export function ConnectionNotes() {
  const client = useVoiceClient();
  const soundBlocked = useVoice((state) => state.soundBlocked && state.wanted.length > 0);
  const microphone = useVoice((state) => (state.wanted.length > 0 ? state.microphone : "unasked"));
  const media = useVoice((state) => (state.connection.phase === "open" && state.wanted.length > 0 ? state.media : "connected"));
  const audioTrouble = useVoice((state) => (state.wanted.length > 0 ? state.audioTrouble : null));
  const trouble = microphoneWords(microphone);
  return (
    <div className={classes.notes}>
      <LostNote />
      {audioTrouble && media !== "connected" && <AudioTroubleNote trouble={audioTrouble} />}
      {media === "lost" && !audioTrouble && (
        <Note announced tone="amber" icon={<IconPlugConnectedX size={18} aria-hidden />} title="Your audio isn't connected">
          Nobody can hear you, and you can't hear anyone. Trying again…
        </Note>
      )}
      {soundBlocked && (
        <Note
          tone="amber"
          icon={<IconVolumeOff size={18} aria-hidden />}
          title="Sound is off"
          action={
            <Button size="xs" onClick={client.turnSoundOn}>
              Turn on sound
            </Button>
          }
        >
          Your browser plays sound only after a click.
        </Note>
      )}
      {trouble && (
        <Note
          announced
          tone="amber"
          icon={<IconMicrophoneOff size={18} aria-hidden />}
          title={trouble.title}
          action={
            trouble.canRetry && (
              <Button size="xs" variant="default" onClick={() => void client.askForMicrophone()}>
                Try again
              </Button>
            )
          }
        >
          {trouble.fix}
        </Note>
      )}
    </div>
  );
}

/** The operator's part is folded, because most people can't use it and the note stays in view. */
function AudioTroubleNote({ trouble }: { trouble: AudioTrouble }) {
  const { cause, forOperator } = audioTroubleWords(trouble, window.location.hostname);
  return (
    <Note announced tone="amber" icon={<IconPlugConnectedX size={18} aria-hidden />} title="Your audio isn't working">
      Nobody can hear you, and you can't hear anyone. {cause}
      {forOperator !== null && (
        <details className={classes.forOperator}>
          <summary>For whoever runs the server</summary>
          <span>{forOperator}</span>
        </details>
      )}
    </Note>
  );
}

function LostNote() {
  const client = useVoiceClient();
  const connection = useVoice((state) => state.connection);
  const waiting = connection.phase === "waiting";
  const now = useNow(waiting);
  if (connection.phase === "ended") {
    return (
      <Note
        tone="amber"
        icon={<IconPlugConnectedX size={18} aria-hidden />}
        title="Your session here has ended"
        action={
          <Button size="xs" variant="default" onClick={() => window.location.reload()}>
            Reload
          </Button>
        }
      >
        You were signed out or removed, or the workspace was deleted. Nobody can hear you. Reload to see what you can still open.
      </Note>
    );
  }
  if (connection.phase === "open" || (connection.phase === "connecting" && !connection.lost)) return null;
  const seconds = waiting ? Math.max(0, Math.ceil((connection.retryAt - now) / 1_000)) : 0;
  return (
    <Note
      tone="amber"
      icon={<IconPlugConnectedX size={18} aria-hidden />}
      title="Not connected: nobody can hear you"
      action={
        <Button size="xs" variant="default" onClick={client.retryNow}>
          Try now
        </Button>
      }
    >
      {waiting && connection.neverOpen && (
        <>
          The page loads, but a live connection can't be made. A proxy may be blocking WebSocket connections: ask whoever runs
          it.{" "}
        </>
      )}
      <span translate="no">{seconds > 0 ? `Trying again in ${seconds} s` : "Trying again…"}</span>
    </Note>
  );
}
