import { randomOf } from "../engine/random";
import { type Counts, kinds, minus } from "./meter";
import { type Failure, type Recovery, recover } from "./recovery";
import { createStage, type Stage, type Turn } from "./stage";

/** What is measured of some processes that wait for one key, or for many keys. */
export interface Size {
  readonly processes: number;
  readonly keys: number;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Without a failure. Times are in ms. */
export interface Calm extends Size {
  /** While all wait and no lock changes hands: how often a second, and which part of the time the server is busy. */
  readonly rest: { readonly perSecond: Counts; readonly load: number };
  /** From the first release to the last: how often for each grant. */
  readonly perGrant: Counts;
  readonly grants: number;
  readonly seconds: number;
  /** Which part of the first second of it the server is busy. */
  readonly load: number;
  /** From the first release (of many keys: from the release of the same key) to the grant; and the same if a hand-over took no time. */
  readonly wait: Quantiles;
  readonly ideal: Quantiles;
  readonly overtakes: number;
  readonly failed: number;
}

/** How long a lock is held, in ms, and the ttl of the locks. A first holder of one of many keys needs no extension. */
export const HOLD = 10;
const TTL = 30_000;
const LONG_TTL = 120_000;
/** When all have asked, in ms. */
const ASKED = 4_000;
/** When the first lock is released, in how long all first holders release, and for how long a recovery is watched at least, in ms. */
const times = {
  one: { released: 10_000, releasing: 0, watched: 8_000 },
  many: { released: 6_400, releasing: 4_000, watched: 4_000 },
};
const timesOf = ({ keys }: Size) => (keys === 1 ? times.one : times.many);
const STEP = 5;
/** The longest run, in ms: none should come near. */
const LONGEST = 600_000;

interface Scene {
  readonly stage: Stage;
  /** The calls that wait, in their order. */
  readonly turns: readonly Turn[];
  /** From when on each of them counts its wait, and how long it would wait at least. */
  readonly from: readonly number[];
  readonly ideal: readonly number[];
}

/** One process holds the key. All others wait for it. */
function oneKey(seed: number, processes: number): Scene {
  const { released } = times.one;
  const random = randomOf(seed, "scene");
  const stage = createStage(seed, processes + 1);
  const [holder, ...others] = stage.workers;
  holder!.take("hot", 0, { until: released }, TTL);
  const turns = others
    .map((worker) => worker.take("hot", 100 + random.int(0, 2_000), { for: HOLD }, TTL))
    .sort((a, b) => a.calledAt - b.calledAt);
  return { stage, turns, from: turns.map(() => released), ideal: turns.map((_, i) => i * HOLD) };
}

/** Each process holds some keys, and waits for the keys of the next process. */
function manyKeys(seed: number, processes: number, keys: number): Scene {
  const { released, releasing } = times.many;
  const random = randomOf(seed, "scene");
  const stage = createStage(seed, processes);
  const each = Math.ceil(keys / processes);
  const from = Array.from({ length: keys }, () => released + random.int(0, releasing));
  const turns = from.map((until, k) => {
    const owner = Math.floor(k / each);
    stage.workers[owner]!.take(`k${k}`, random.int(0, 1_900), { until }, LONG_TTL);
    return stage.workers[(owner + 1) % processes]!.take(`k${k}`, 2_000 + random.int(0, 1_900), { for: HOLD }, TTL);
  });
  return { stage, turns, from, ideal: turns.map(() => 0) };
}

const setTheScene = (seed: number, { processes, keys }: Size): Scene =>
  keys === 1 ? oneKey(seed, processes) : manyKeys(seed, processes, keys);

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? 0 };
}

const scaled = (counts: Counts, factor: number): Counts =>
  Object.fromEntries(kinds.map((kind) => [kind, counts[kind] * factor])) as Counts;

/** Plays a size without a failure. */
export async function calm(seed: number, size: Size): Promise<Calm> {
  const { stage, turns, from, ideal } = setTheScene(seed, size);
  const { engine, meter, places } = stage;
  const { released } = timesOf(size);
  await engine.run(released);
  const before = { ...meter.total };
  let left = turns.length;
  while (left > 0 && engine.now < LONGEST) {
    await engine.run(engine.now + Math.max(STEP, left / 50));
    left = turns.filter(({ endedAt }) => endedAt === undefined).length;
  }
  const end = Math.max(...turns.map(({ endedAt = LONGEST }) => endedAt));
  // The waiters asked before. The first holders asked, too, and they release.
  const { acquire, release } = meter.total;
  const counts = { ...minus(meter.total, before), acquire: acquire - size.keys, release: release - size.keys };
  return {
    ...size,
    rest: {
      perSecond: scaled(meter.between(ASKED, released), 1_000 / (released - ASKED)),
      load: meter.loadBetween(ASKED, released),
    },
    perGrant: scaled(counts, 1 / turns.length),
    grants: turns.length,
    seconds: (end - released) / 1_000,
    load: meter.loadBetween(released, released + 1_000),
    wait: quantiles(turns.map(({ grantedAt = LONGEST }, i) => grantedAt - from[i]!)),
    ideal: quantiles(ideal),
    overtakes: places.overtakes,
    failed: turns.filter(({ failure }) => failure !== undefined).length,
  };
}

/** Plays a size until half of the calls have had their lock. Then the server fails. */
export async function failing(seed: number, size: Size, failure: Failure): Promise<Recovery & Size> {
  const { stage, turns } = setTheScene(seed, size);
  const { engine } = stage;
  const { released, watched } = timesOf(size);
  await engine.run(released);
  const had = () => turns.filter(({ grantedAt }) => grantedAt !== undefined).length;
  while (had() < turns.length / 2 && engine.now < LONGEST) await engine.run(engine.now + STEP);
  return { ...size, ...(await recover(stage, turns, failure, watched)) };
}
