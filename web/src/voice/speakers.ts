/** The playback: a Web Audio graph with a meter and a gain for each receive slot. */
export interface Speakers {
  context: AudioContext;
  attach: (mid: string, track: MediaStreamTrack) => void;
  setGain: (mid: string, gain: number) => void;
  /** Loudness 0–1 of a slot, before its gain. */
  level: (mid: string) => number;
  detachAll: () => void;
}

interface Chain {
  source: MediaStreamAudioSourceNode;
  meter: AnalyserNode;
  gain: GainNode;
  element: HTMLAudioElement;
}

export function makeSpeakers(context: AudioContext): Speakers {
  const chains = new Map<string, Chain>();

  function detach(mid: string): void {
    const chain = chains.get(mid);
    if (!chain) return;
    chains.delete(mid);
    chain.source.disconnect();
    chain.meter.disconnect();
    chain.gain.disconnect();
    chain.element.srcObject = null;
  }

  return {
    context,
    attach(mid, track) {
      detach(mid);
      const stream = new MediaStream([track]);
      // Chromium decodes a remote track for Web Audio only while a media element plays it too (crbug.com/121673).
      const element = new Audio();
      element.muted = true;
      element.srcObject = stream;
      element.play().catch(() => undefined);
      const source = context.createMediaStreamSource(stream);
      const meter = makeMeter(context);
      const gain = context.createGain();
      gain.gain.value = 0;
      source.connect(meter).connect(gain).connect(context.destination);
      chains.set(mid, { source, meter, gain, element });
    },
    setGain(mid, gain) {
      // Time constant of 10 ms, because a step would click.
      chains.get(mid)?.gain.gain.setTargetAtTime(gain, context.currentTime, 0.01);
    },
    level: (mid) => meterLevel(chains.get(mid)?.meter),
    detachAll() {
      for (const mid of chains.keys()) detach(mid);
    },
  };
}

export function makeMeter(context: AudioContext): AnalyserNode {
  const meter = context.createAnalyser();
  meter.fftSize = 1_024;
  return meter;
}

const samples = new Float32Array(1_024);

/** −54 dBFS shows as 0, −6 dBFS as 1: about the range of speech. */
export function meterLevel(meter: AnalyserNode | null | undefined): number {
  if (!meter) return 0;
  meter.getFloatTimeDomainData(samples);
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 54) / 48));
}
