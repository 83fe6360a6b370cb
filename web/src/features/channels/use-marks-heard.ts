import { useEffect } from "react";
import { paths } from "../../paths.ts";
import { useVoiceClient } from "../../voice/use-voice.ts";
import { usePlayerItself } from "../recordings/player.tsx";
import { useTenant } from "../tenants/tenant-context.ts";

/** Marks a missed transmission as heard when it is played, from the tile or the channel's panel. */
export function useMarksHeard(): void {
  const client = useVoiceClient();
  const player = usePlayerItself();
  const { slug } = useTenant();
  useEffect(
    () =>
      player.watch(() => {
        const { src, phase } = player.state();
        if (phase !== "playing") return;
        const missed = Object.values(client.state().missed).flat();
        const heard = missed.find((transmissionId) => paths.audio(slug, transmissionId) === src);
        if (heard !== undefined) client.heard(heard);
      }),
    [client, player, slug],
  );
}
