import { Progress } from "@mantine/core";
import type { AccessReview } from "../../api/types.ts";
import { countWords, progressWords, settled } from "./access-words.ts";
import classes from "./access-reviews.module.css";

export function ReviewProgress({ counts }: { counts: AccessReview["counts"] }) {
  const words = progressWords(counts);
  const details = countWords(counts);
  return (
    <div className={classes.progress}>
      <Progress.Root size="md" radius="xl">
        <Progress.Section value={(100 * settled(counts)) / counts.members} aria-label="Decided" aria-valuetext={words} />
      </Progress.Root>
      <p>
        <strong>{words}</strong>
        {details && <span> · {details}</span>}
      </p>
    </div>
  );
}
