import { createContext, use, useEffect, useState, useSyncExternalStore } from "react";

export interface Playing {
  src: string | null;
  phase: "stopped" | "loading" | "playing" | "paused" | "failed";
  /** Seconds. */
  at: number;
}

export type Player = ReturnType<typeof makePlayer>;

/** One player for the workspace: starting one recording stops the other. */
function makePlayer() {
  const audio = new Audio();
  audio.preload = "none";
  let playing: Playing = { src: null, phase: "stopped", at: 0 };
  const watchers = new Set<() => void>();

  function set(change: Partial<Playing>): void {
    playing = { ...playing, ...change };
    for (const watcher of watchers) watcher();
  }

  audio.ontimeupdate = () => set({ at: audio.currentTime });
  audio.onplaying = () => set({ phase: "playing" });
  audio.onwaiting = () => set({ phase: "loading" });
  audio.onpause = () => playing.phase !== "failed" && set({ phase: "paused" });
  audio.onended = () => set({ phase: "stopped", at: 0 });
  audio.onerror = () => playing.src !== null && set({ phase: "failed" });

  function play(src: string, at?: number): void {
    if (playing.src !== src || playing.phase === "failed") {
      audio.src = src;
      set({ src, at: at ?? 0 });
    }
    if (at !== undefined) audio.currentTime = at;
    set({ phase: "loading", at: audio.currentTime });
    // Rejected when another recording is started meanwhile, or by onerror, which says it.
    audio.play().catch(() => undefined);
  }

  return {
    play,
    pause: () => audio.pause(),
    seek(src: string, at: number) {
      if (playing.src !== src) return play(src, at);
      audio.currentTime = at;
      set({ at });
    },
    close() {
      playing = { src: null, phase: "stopped", at: 0 };
      audio.pause();
      audio.removeAttribute("src");
      audio.load();
    },
    state: () => playing,
    watch(watcher: () => void) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}

const PlayerContext = createContext<Player | null>(null);

export function PlayerProvider({ children }: { children: React.ReactNode }) {
  const [player] = useState(makePlayer);
  useEffect(() => player.close, [player]);
  return <PlayerContext value={player}>{children}</PlayerContext>;
}

const STOPPED: Playing = { src: null, phase: "stopped", at: 0 };

/** The player, and what it does with this recording; another recording's progress doesn't render it again. */
export function usePlayer(src: string): { player: Player; playing: Playing } {
  const player = use(PlayerContext);
  if (!player) throw new Error("usePlayer is used outside of an open workspace");
  const playing = useSyncExternalStore(player.watch, () => (player.state().src === src ? player.state() : STOPPED));
  return { player, playing };
}
