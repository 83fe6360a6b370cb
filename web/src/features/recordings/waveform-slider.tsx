import { clock } from "../../ui/time.ts";
import { barsOf, seekByKey, timeAt } from "./waveform.ts";
import classes from "./transmissions.module.css";

const BARS = 64;

interface WaveformSliderProps {
  label: string;
  waveform: readonly number[];
  durationMs: number;
  /** Seconds. */
  at: number;
  disabled: boolean;
  onSeek: (at: number) => void;
}

export function WaveformSlider({ label, waveform, durationMs, at, disabled, onSeek }: WaveformSliderProps) {
  const done = durationMs > 0 ? (at * 1_000) / durationMs : 0;
  return (
    <div
      className={classes.waveform}
      role="slider"
      tabIndex={disabled ? -1 : 0}
      aria-label={label}
      aria-disabled={disabled}
      aria-valuemin={0}
      aria-valuemax={Math.round(durationMs / 1_000)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={`${clock(at * 1_000)} of ${clock(durationMs)}`}
      onPointerDown={(event) => {
        if (disabled || event.button !== 0) return;
        const box = event.currentTarget.getBoundingClientRect();
        onSeek(timeAt(event.clientX - box.left, box.width, durationMs));
      }}
      onKeyDown={(event) => {
        const to = disabled ? null : seekByKey(event.key, at, durationMs);
        if (to === null) return;
        event.preventDefault();
        onSeek(to);
      }}
    >
      <svg viewBox={`0 0 ${BARS * 4} 32`} preserveAspectRatio="none" aria-hidden>
        {barsOf(waveform, BARS).map((level, index) => {
          const height = 2 + level * 28;
          return (
            <rect
              key={index}
              x={index * 4 + 0.75}
              y={16 - height / 2}
              width="2.5"
              height={height}
              data-done={index / BARS < done}
            />
          );
        })}
      </svg>
    </div>
  );
}
