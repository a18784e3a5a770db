import { type Scenario, usual } from "./scenario";

/** Each kind loses something else: nothing, everything, the last ms, or the last seconds. */
const faults = [
  "server restarts",
  "failover to a replica that lags",
  "server restarts from an older state",
] as const satisfies Scenario["faults"];

const hot = (processes: number): Scenario => ({
  ...usual,
  about: `${processes.toLocaleString("en")} processes wait for 1 key, and the server fails once`,
  processes,
  keys: 1,
  rage: 20_000,
  faultEvery: 20_000,
  faults,
  ttls: [2_000],
  holds: [1],
  pause: 10,
  // Another kind of work may keep the lock until its lease is over.
  work: { withLock: 100 },
});

/** Scenarios that are too large to be among the tests. */
export const large = {
  "hot-10": hot(10),
  "hot-100": hot(100),
  "hot-1000": hot(1_000),
  "hot-10000": hot(10_000),
  "many-keys": {
    ...usual,
    about: "1,000 processes use 100,000 keys, and the server fails once",
    processes: 1_000,
    keys: 100_000,
    hands: 3,
    rage: 20_000,
    faultEvery: 20_000,
    faults,
    rest: 10_000,
    work: { acquire: 50, withLock: 50 },
  },
} satisfies Record<string, Scenario>;
