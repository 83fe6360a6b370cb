import { Button, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect } from "react";
import type { Channel } from "../../api/types.ts";
import { Name } from "../../ui/name.tsx";
import type { VoiceClient } from "../../voice/client.ts";
import classes from "./leave.module.css";

/** How long leaving can be undone, in milliseconds. */
const UNDO_MS = 8_000;

/** Leaves the channel, and offers to undo that in a notification. @returns a function that rejoins at the same place on the board */
export function leaveWithUndo(client: VoiceClient, { channelId, name }: Channel): () => void {
  const { wanted, selected } = client.state();
  const index = wanted.indexOf(channelId);
  const id = `left-${channelId}`;
  client.leave(channelId);
  function undo() {
    notifications.hide(id);
    client.join(channelId, index);
    if (selected === channelId) client.select(channelId);
  }
  notifications.show({
    id,
    autoClose: UNDO_MS,
    message: (
      <span className={classes.toast}>
        <span>
          You left <Name strong>{name}</Name>
        </span>
        <Button size="compact-sm" variant="default" onClick={undo}>
          Undo<VisuallyHidden> leaving {name}</VisuallyHidden>
        </Button>
      </span>
    ),
  });
  return undo;
}

interface GhostProps {
  channel: Channel;
  undo: () => void;
  onGone: (channelId: string) => void;
}

/** Holds the place of a channel that was just left, until the pointer leaves it or the time to undo is over. */
export function Ghost({ channel, undo, onGone }: GhostProps) {
  const { channelId } = channel;
  useEffect(() => {
    const timer = setTimeout(() => onGone(channelId), UNDO_MS);
    return () => clearTimeout(timer);
  }, [onGone, channelId]);
  return (
    <div className={classes.ghost} onPointerLeave={() => onGone(channelId)}>
      <span>
        You left <Name strong>{channel.name}</Name>
      </span>
      <Button variant="default" size="sm" autoFocus onClick={undo}>
        Undo<VisuallyHidden> leaving {channel.name}</VisuallyHidden>
      </Button>
    </div>
  );
}
