import type { FaultName } from "./faults/catalog";

/** What a run simulates: its processes, their work, and the faults. Times are in ms. */
export interface Scenario {
  readonly about: string;
  readonly processes: number;
  readonly keys: number;
  /** How many calls a process makes at the same time. */
  readonly hands: number;
  /** How long the faults last. */
  readonly rage: number;
  /** How long new calls are made after the faults. */
  readonly calm: number;
  readonly ttls: readonly number[];
  /** The longest pause between two calls of a hand. */
  readonly rest: number;
  /** How long a lock is held at most, in percent of its ttl; one of these is chosen for each lock. */
  readonly holds: readonly number[];
  /** The longest pause between two writes of a holder; 120 if absent. */
  readonly pause?: number;
  /** How often each kind of work is chosen. */
  readonly work: Readonly<Partial<Record<Work, number>>>;
  /** The average time between two faults; 0 for no faults. */
  readonly faultEvery: number;
  /** The kinds of faults; all if absent. */
  readonly faults?: readonly FaultName[];
}

export type Work = "acquire" | "withLock" | "tryAcquire" | "retry" | "several" | "replicas" | "transfer" | "force";

export const usual: Scenario = {
  about: "10 processes and 3 keys: all kinds of work, all faults",
  processes: 10,
  keys: 3,
  hands: 1,
  rage: 45_000,
  calm: 9_000,
  ttls: [300, 800, 2_000, 3_000, 8_000],
  rest: 1_500,
  holds: [5, 20, 20, 60, 150],
  work: { acquire: 30, withLock: 30, tryAcquire: 10, retry: 8, several: 10, replicas: 5, transfer: 4, force: 1 },
  faultEvery: 600,
};

export const scenarios = {
  default: usual,
  pair: { ...usual, about: "2 processes and 1 key", processes: 2, keys: 1, hands: 2, rest: 300 },
  crowd: { ...usual, about: "40 processes wait for 1 key", processes: 40, keys: 1, rest: 8_000, faultEvery: 300 },
  quiet: { ...usual, about: "no faults: shows what locks cost", faultEvery: 0 },
  messages: {
    ...usual,
    about: "messages that are late, lost and doubled, while processes and requests stand still",
    processes: 5,
    keys: 1,
    hands: 2,
    rest: 400,
    holds: [5, 20],
    work: { acquire: 80, withLock: 20 },
    faultEvery: 250,
    faults: [
      "messages are late",
      "all comes twice",
      "requests are lost",
      "replies are lost",
      "process freezes",
      "wall clock goes back",
      "slow link",
      "nothing comes down",
    ],
  },
  several: {
    ...usual,
    about: "locks of several keys, named in any order",
    keys: 4,
    hands: 2,
    work: { several: 80, acquire: 20 },
  },
  outages: {
    ...usual,
    about: "the server is away for a long time",
    faultEvery: 8_000,
    rage: 120_000,
    faults: ["server hangs", "server restarts", "partition"],
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
