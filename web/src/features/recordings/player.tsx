import { createContext, use, useEffect, useState, useSyncExternalStore } from "react";

export interface Playing {
  src: string | null;
  phase: "stopped" | "loading" | "playing" | "paused" | "failed";
  /** Seconds. */
  at: number;
}

export type Player = ReturnType<typeof makePlayer>;

/** The one player of a workspace: starting a recording stops the previous one. */
function makePlayer() {
  const audio = new Audio();
  audio.preload = "none";
  let playing: Playing = { src: null, phase: "stopped", at: 0 };
  const watchers = new Set<() => void>();
  /** Recordings to play after the current one. */
  let queue: readonly string[] = [];

  function set(change: Partial<Playing>): void {
    playing = { ...playing, ...change };
    for (const watcher of watchers) watcher();
  }

  audio.ontimeupdate = () => set({ at: audio.currentTime });
  audio.onplaying = () => set({ phase: "playing" });
  audio.onwaiting = () => set({ phase: "loading" });
  audio.onpause = () => playing.phase !== "failed" && set({ phase: "paused" });
  audio.onended = () => {
    set({ phase: "stopped", at: 0 });
    const [next, ...others] = queue;
    if (next !== undefined) start(next, others);
  };
  audio.onerror = () => playing.src !== null && set({ phase: "failed" });

  function play(src: string, at?: number): void {
    start(src, playing.src === src ? queue : [], at);
  }

  function start(src: string, others: readonly string[], at?: number): void {
    queue = others;
    if (playing.src !== src || playing.phase === "failed") {
      audio.src = src;
      set({ src, at: at ?? 0 });
    }
    if (at !== undefined) audio.currentTime = at;
    set({ phase: "loading", at: audio.currentTime });
    // Rejects when another recording is started meanwhile, or on errors, which `onerror` handles.
    audio.play().catch(() => undefined);
  }

  return {
    play,
    /** Plays these recordings one after the other. */
    playAll(srcs: readonly string[]) {
      const [first, ...others] = srcs;
      if (first !== undefined) start(first, others);
    },
    pause: () => audio.pause(),
    seek(src: string, at: number) {
      if (playing.src !== src) return play(src, at);
      audio.currentTime = at;
      set({ at });
    },
    close() {
      queue = [];
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

export function usePlayerItself(): Player {
  const player = use(PlayerContext);
  if (!player) throw new Error("The player is used outside a PlayerProvider");
  return player;
}

/** The player's phase if it plays one of these recordings, else "stopped". */
export function usePlayingOf(srcs: readonly string[]): Playing["phase"] {
  const player = usePlayerItself();
  return useSyncExternalStore(player.watch, () => {
    const { src, phase } = player.state();
    return src !== null && srcs.includes(src) ? phase : "stopped";
  });
}

const STOPPED: Playing = { src: null, phase: "stopped", at: 0 };

/** The player and its state for this recording. The progress of other recordings causes no render. */
export function usePlayer(src: string): { player: Player; playing: Playing } {
  const player = usePlayerItself();
  const playing = useSyncExternalStore(player.watch, () => (player.state().src === src ? player.state() : STOPPED));
  return { player, playing };
}
