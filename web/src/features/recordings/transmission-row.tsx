import { ActionIcon } from "@mantine/core";
import { IconAlertTriangle, IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import type { Transmission } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { lengthWords } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { usePlayer } from "./player.tsx";
import classes from "./transmissions.module.css";
import { WaveformSlider } from "./waveform-slider.tsx";

const NOTE: Record<Transmission["status"], string | null> = {
  recording: null,
  complete: null,
  incomplete: "Incomplete: some audio couldn't be stored",
  cut_short: "Cut short: the server stopped",
};

export function TransmissionRow({ transmission }: { transmission: Transmission }) {
  const { transmissionId, speakerName, startedAt, durationMs, status, waveform, can } = transmission;
  const { slug, self } = useTenant();
  const { fullTime, timeOfDay } = useTimes();
  const src = paths.audio(slug, transmissionId);
  const { player, playing } = usePlayer(src);
  const isRunning = status === "recording";
  const active = playing.phase === "playing" || playing.phase === "loading";
  const name = `${speakerName}, ${timeOfDay(startedAt)}`;
  const reason = isRunning
    ? "You can play it when it has ended."
    : can.play
      ? null
      : `Your role, ${self.roleName}, can't play recordings. An admin can change your role.`;
  const note = playing.phase === "failed" ? "This can't be played right now. Try again in a moment." : NOTE[status];

  return (
    <li className={classes.row} data-active={playing.phase !== "stopped"}>
      <WithReason reason={reason}>
        <ActionIcon
          className={classes.play}
          variant="light"
          radius={20}
          size={40}
          aria-label={active ? `Pause ${name}` : `Play ${name}`}
          onClick={() => (active ? player.pause() : player.play(src))}
        >
          {active ? <IconPlayerPauseFilled size={18} /> : <IconPlayerPlayFilled size={18} />}
        </ActionIcon>
      </WithReason>
      <div className={classes.body}>
        <div className={classes.line}>
          <span translate="no" className={classes.speaker}>
            {speakerName}
          </span>
          <time translate="no" dateTime={startedAt} title={fullTime(startedAt)}>
            {timeOfDay(startedAt)}
          </time>
          <span className={classes.length}>{isRunning ? "talking" : lengthWords(durationMs)}</span>
        </div>
        {!isRunning && (
          <WaveformSlider
            label={`Position in ${name}`}
            waveform={waveform}
            durationMs={durationMs}
            at={playing.at}
            disabled={reason !== null}
            onSeek={(at) => player.seek(src, at)}
          />
        )}
        {note !== null && (
          <p className={classes.note}>
            <IconAlertTriangle size={14} aria-hidden /> {note}
          </p>
        )}
      </div>
    </li>
  );
}
