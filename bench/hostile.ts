/**
 * Measures what one attacker does to everyone else: during each attack, people of another workspace talk and list channels. Each attack
 * runs several times, and each time is compared with the moments right before it. The medians count, so that other work of the machine does
 * not distort one side. The attackers get only CPU time that nobody else wants (SCHED_IDLE, sched(7)), so that they take no core from the
 * server. Each attack's strength is printed. Needs Linux.
 *
 * node bench/hostile.ts [LETTERS… bodies]
 */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Figure, percentile } from "./figure.ts";
import { holdEnvironment, openProbe, type Probe } from "./hold.ts";
import { ATTACKS } from "./hostile-attacks.ts";
import { measureBodies } from "./hostile-bodies.ts";
import type { Attack } from "./hostile-scene.ts";
import { signUpStranger } from "./hostile-strangers.ts";
import { type Seen, startWitness, type Witness } from "./hostile-witness.ts";
import { makeWorkspace } from "./workspace.ts";

const WARM_UP_MS = 5_000;
const ROUNDS = 3;
/** Length of each half of a round, without and with the attack. An attack that takes longer is watched to its end. */
const HALF_ROUND_MS = 4_000;
const GAP_MS = 60;
const MAX_RATIO = 2;

const round = (value: number) => Number(value.toFixed(1));
const median = (values: readonly number[]) => percentile(values, 0.5);

interface Round {
  before: Seen;
  during: Seen;
  /** Longest time that the server's main thread computed without a pause during the attack, in ms of CPU. */
  held: number;
}

const p99 = ({ lists }: Seen) => percentile(lists, 0.99);

function compare(name: string, rounds: readonly Round[]): Figure[] {
  const medians = (value: (seen: Seen) => number) => ({
    before: median(rounds.map(({ before }) => value(before))),
    during: median(rounds.map(({ during }) => value(during))),
  });
  const sum = (value: (seen: Seen) => number) => rounds.reduce((total, { during }) => total + value(during), 0);
  const [gap, sentGap, list] = [medians((seen) => seen.gap), medians((seen) => seen.sentGap), medians(p99)];
  const worst = Math.max(...rounds.map(({ during }) => during.gap));
  const held = median(rounds.map((one) => one.held));
  const reconnects = sum((seen) => seen.reconnects);
  return [
    {
      name: `${name}: largest gap of the audio`,
      value: round(gap.during),
      unit: "ms",
      better: "lower",
      aim: GAP_MS,
      reference: `worst round ${round(worst)} ms; before ${round(gap.before)} ms; as sent ${round(sentGap.during)} ms; held ${round(held)} ms${reconnects > 0 ? `; cut off ${reconnects} times` : ""}`,
    },
    {
      name: `${name}: list of channels, p99`,
      value: round(list.during / list.before),
      unit: "times",
      better: "lower",
      aim: MAX_RATIO,
      reference: `${list.during.toFixed(1)} ms against ${list.before.toFixed(1)} ms, ${sum(({ lists }) => lists.length)} lists, ${sum(({ refused }) => refused)} refused`,
    },
  ];
}

async function watch(witness: Witness, probe: Probe, attack: Attack): Promise<Figure[]> {
  await attack.prepare?.();
  const rounds: Round[] = [];
  const attackFigures: Figure[][] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    await sleep(500);
    await witness.take();
    await sleep(HALF_ROUND_MS);
    const before = await witness.take();
    await probe.takeLongest();
    const [figures] = await Promise.all([attack.run(performance.now() + HALF_ROUND_MS), sleep(HALF_ROUND_MS)]);
    rounds.push({ before, during: await witness.take(), held: await probe.takeLongest() });
    attackFigures.push(figures);
  }
  const name = `${attack.letter}, ${attack.name}`;
  // The worst round counts for figures that the attack itself measures.
  const worst = (attackFigures[0] ?? []).map(
    (_, index) =>
      attackFigures
        .map((figures) => figures[index]!)
        .toSorted((a, b) => (a.better === "lower" ? b.value - a.value : a.value - b.value))[0]!,
  );
  return [...compare(name, rounds), ...worst.map((figure) => ({ ...figure, name: `${name}: ${figure.name}` }))];
}

/** HOSTILE_PROFILE names a folder for CPU profiles of the server. */
function environment(): NodeJS.ProcessEnv {
  const folder = process.env["HOSTILE_PROFILE"];
  return holdEnvironment(folder ? `--cpu-prof --cpu-prof-dir=${folder}` : "");
}

/**
 * Takes about ten minutes.
 * @param letters kinds of attacks to run, or "bodies". Without letters, all of them run.
 */
export async function measureHostile(letters: readonly string[] = []): Promise<Figure[]> {
  // Measured first, because processes that start later inherit the attackers' scheduling.
  const figures = letters.length === 0 || letters.includes("bodies") ? await measureBodies() : [];
  if (letters.join() === "bodies") return figures;
  const bench = await makeWorkspace({ WHOOT_LOG: "silent", ...environment() }); // it would log a line for each refused sign-in
  let witness: Witness | undefined;
  const endings: Array<() => void> = [];
  try {
    const talker = await bench.invite("Talker");
    const listener = await bench.invite("Listener");
    const { url, slug, gateway, channelId } = bench;
    const mallory = await signUpStranger(bench, "mallory");
    const probe = await openProbe();
    endings.push(probe.close);
    witness = await startWitness({ place: { url, slug, gateway, channelId }, talker, listener });
    // Real attackers have machines of their own; here they get the CPU that server, database and witness leave.
    execFileSync("chrt", ["--all-tasks", "--idle", "--pid", "0", String(process.pid)]);
    await sleep(WARM_UP_MS);
    for (const makeAttack of ATTACKS) {
      const attack = makeAttack({ bench, mallory, atEnd: (end) => void endings.push(end) });
      if (letters.length > 0 && !letters.includes(attack.letter)) continue;
      const measured = await watch(witness, probe, attack);
      if (letters.length > 0) for (const { name, value, unit, reference } of measured) console.log(name, value, unit, reference);
      figures.push(...measured);
    }
    return figures;
  } finally {
    for (const end of endings) end();
    witness?.close();
    await bench.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.table(await measureHostile(process.argv.slice(2)));
  process.exit(0);
}
