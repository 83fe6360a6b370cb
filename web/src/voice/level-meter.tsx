import { useEffect, useRef } from "react";
import classes from "./level-meter.module.css";

const BARS = [0.55, 0.85, 1, 0.85, 0.55];

/** A meter on the page all day must leave the processor alone: 20 pictures a second, and none while nothing changes. */
const EVERY_MS = 50;
/** Levels that look different. */
const STEPS = 32;
/** What remains of a level after one picture. */
const DECAY = 0.68;

/** Bars that follow a voice's level, drawn outside React. Hidden from screen readers. @param read returns 0 to 1 */
export function LevelMeter({ read }: { read: () => number }) {
  const root = useRef<HTMLSpanElement>(null);
  const latest = useRef(read);
  useEffect(() => {
    latest.current = read;
  });

  useEffect(() => {
    let level = 0;
    let drawn = 0;
    function draw() {
      // Rises at once and falls slowly.
      level = Math.max(latest.current(), level * DECAY);
      const step = Math.round(level * STEPS);
      if (step === drawn) return;
      drawn = step;
      const bars = root.current?.children ?? [];
      for (let index = 0; index < bars.length; index += 1) {
        (bars[index] as HTMLElement).style.transform = `scaleY(${0.16 + 0.84 * (step / STEPS) * (BARS[index] ?? 1)})`;
      }
    }
    const timer = setInterval(draw, EVERY_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <span ref={root} className={classes.meter} aria-hidden>
      {BARS.map((_, index) => (
        <i key={index} />
      ))}
    </span>
  );
}
