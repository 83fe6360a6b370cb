import { useEffect, useRef } from "react";
import classes from "./level-meter.module.css";

const BARS = [0.55, 0.85, 1, 0.85, 0.55];

/** Bars that follow a voice's level, drawn outside React in each frame. Hidden from screen readers. @param read returns 0 to 1 */
export function LevelMeter({ read }: { read: () => number }) {
  const root = useRef<HTMLSpanElement>(null);
  const latest = useRef(read);
  useEffect(() => {
    latest.current = read;
  });

  useEffect(() => {
    let frame = 0;
    let shown = 0;
    function draw() {
      const level = latest.current();
      // Rises at once and falls slowly.
      shown = Math.max(level, shown * 0.88);
      const bars = root.current?.children ?? [];
      for (let index = 0; index < bars.length; index += 1) {
        (bars[index] as HTMLElement).style.transform = `scaleY(${0.16 + 0.84 * shown * (BARS[index] ?? 1)})`;
      }
      frame = requestAnimationFrame(draw);
    }
    draw();
    return () => cancelAnimationFrame(frame);
  }, []);

  return (
    <span ref={root} className={classes.meter} aria-hidden>
      {BARS.map((_, index) => (
        <i key={index} />
      ))}
    </span>
  );
}
