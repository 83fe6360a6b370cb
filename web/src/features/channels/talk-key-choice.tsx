import { SegmentedControl } from "@mantine/core";
import { useTalkKeyMode } from "./use-talk-key-mode.ts";

/** The person's own setting on this computer. Until they choose, the workspace's setting applies. */
export function TalkKeyChoice() {
  const [mode, choose, mayLatch] = useTalkKeyMode();
  if (!mayLatch) return null;
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label="Talk key"
      value={mode}
      onChange={choose}
      data={[
        { value: "hold", label: "Hold to talk" },
        { value: "latch", label: "Press once" },
      ]}
    />
  );
}
