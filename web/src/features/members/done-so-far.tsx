import { Progress } from "@mantine/core";
import { number, people } from "../../ui/counted.ts";

/** The progress of a change that takes several requests. */
export function DoneSoFar({ done, total }: { done: number; total: number }) {
  return (
    <div>
      <p role="status">
        {number(done)} of {people(total)} done…
      </p>
      <Progress value={(100 * done) / total} aria-label="Done" mt="xs" />
    </div>
  );
}
