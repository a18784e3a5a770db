import { commandsOf } from "./meter";
import type { Stage, Turn } from "./stage";

/** How the server fails: for how long it is away, in ms, and with which of its data it starts again. */
export const failures = {
  blink: { away: 1_000, how: "as it was", about: "restart after 1 s, with all data" },
  restart: { away: 5_000, how: "as it was", about: "restart after 5 s, with all data" },
  failover: { away: 5_000, how: "as kept", about: "failover after 5 s, replica 20 ms behind" },
  loss: { away: 5_000, how: "empty", about: "restart after 5 s, empty" },
} as const;
export type Failure = keyof typeof failures;

/** By how much the replica lags, in ms. */
const LAG = 20;
/** The longest wait for the first grant: a lock whose release was lost ends with its ttl. */
const LONGEST = 40_000;

/** What happens after a server is back. Times are in ms from then on. */
export interface Recovery {
  readonly failure: Failure;
  readonly waiting: number;
  /** The first call that gets its lock. */
  readonly firstGrant: number;
  /** From when on every waiter has its place. */
  readonly placesBack: number;
  /** Commands in the first second, and in the busiest 100 ms. */
  readonly firstSecond: number;
  readonly busiest: number;
  /** Which part of the first second the server was busy. */
  readonly load: number;
  readonly overtakes: number;
  /** Grants to a waiter that was gone. */
  readonly idle: number;
  readonly failed: number;
}

const PERIOD = 10;

/** Lets the server fail now. Watches for some ms after it is back, and until a call gets its lock. */
export async function recover(
  stage: Stage,
  turns: readonly Turn[],
  failure: Failure,
  watched: number,
): Promise<Recovery> {
  const { engine, meter, places } = stage;
  if (failure === "failover") {
    stage.keep();
    await engine.run(engine.now + LAG);
  }
  stage.stop();
  const { waiting, overtakes, idle } = places;
  await engine.run(engine.now + failures[failure].away);
  const at = engine.now;
  stage.start(failures[failure].how);

  let placesBack = 0;
  while (engine.now < at + watched) {
    await engine.run(engine.now + PERIOD);
    if (places.missing > 0) placesBack = engine.now - at;
  }
  const firstGrant = () =>
    Math.min(...turns.map(({ grantedAt = 0 }) => (grantedAt > at ? grantedAt - at : Number.POSITIVE_INFINITY)));
  while (firstGrant() === Number.POSITIVE_INFINITY && places.waiting > 0 && engine.now < at + LONGEST)
    await engine.run(engine.now + 100 * PERIOD);
  const inSteps = Array.from({ length: watched / 100 }, (_, i) =>
    commandsOf(meter.between(at + i * 100, at + (i + 1) * 100)),
  );
  return {
    failure,
    waiting,
    firstGrant: firstGrant(),
    placesBack,
    firstSecond: commandsOf(meter.between(at, at + 1_000)),
    busiest: Math.max(...inSteps),
    load: meter.loadBetween(at, at + 1_000),
    overtakes: places.overtakes - overtakes,
    idle: places.idle - idle,
    failed: turns.filter((turn) => turn.failure !== undefined).length,
  };
}
