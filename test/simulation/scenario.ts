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
  /** The chance that work leaves its lock to the end of the lease, in percent; 0 if absent. */
  readonly leaves?: number;
  /** The chance that work begins with a computation that blocks the event loop, in percent. */
  readonly blocks: number;
  /** How long a call waits that has time, and each call after the faults. */
  readonly patience: number;
  /** Whether all processes crash at the end of the faults. */
  readonly isExtinct?: boolean;
  /** How often each kind of work is chosen. */
  readonly work: Readonly<Partial<Record<Work, number>>>;
  /** The average time between two faults; 0 for no faults. */
  readonly faultEvery: number;
  /** The kinds of faults; all if absent. */
  readonly faults?: readonly FaultName[];
}

export type Work =
  | "acquire"
  | "withLock"
  | "tryAcquire"
  | "retry"
  | "several"
  | "replicas"
  | "transfer"
  | "force"
  | "once";

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
  blocks: 1,
  patience: 30_000,
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
      "fence is evicted",
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
    about: "the server is away for a long time, while processes wait for many keys without a timeout",
    processes: 6,
    keys: 8,
    hands: 6,
    faultEvery: 8_000,
    rage: 120_000,
    patience: Number.POSITIVE_INFINITY,
    faults: ["server hangs", "server restarts", "partition"],
  },
  listeners: {
    ...usual,
    about: "listeners that are cut or forgotten, and a clock that goes back: all else works",
    processes: 6,
    keys: 2,
    hands: 2,
    rest: 400,
    holds: [5, 20, 60],
    work: { acquire: 60, withLock: 30, force: 10 },
    faultEvery: 500,
    faults: ["listener is cut", "listener is forgotten", "wall clock goes back", "false message", "callers give up"],
  },
  stalls: {
    ...usual,
    about: "event loops that stand still while replies arrive over slow connections",
    processes: 6,
    hands: 2,
    ttls: [800, 2_000, 3_000, 8_000],
    rest: 600,
    holds: [60, 150, 300],
    blocks: 20,
    work: { acquire: 50, withLock: 50 },
    faultEvery: 250,
    faults: ["slow link", "event loop stalls", "process freezes"],
  },
  busy: {
    ...usual,
    about: "no faults, but work that blocks its event loop for longer than a claim",
    processes: 6,
    hands: 2,
    ttls: [3_000, 8_000],
    holds: [20, 60],
    blocks: 40,
    work: { acquire: 50, withLock: 50 },
    faultEvery: 0,
  },
  regrets: {
    ...usual,
    about: "callers that give up, while their requests are late and the server forgets",
    processes: 6,
    keys: 2,
    hands: 2,
    rest: 300,
    work: { acquire: 70, several: 15, retry: 10, tryAcquire: 5 },
    faultEvery: 150,
    faults: [
      "slow link",
      "partition",
      "callers give up",
      "tombstones are evicted",
      "server refuses",
      "heartbeats are refused",
      "failover to a replica that lags",
      "server restarts from an older state",
    ],
  },
  copies: {
    ...usual,
    about: "requests that arrive twice, while locks are transferred and forced out",
    processes: 4,
    keys: 1,
    ttls: [3_000, 8_000],
    rest: 400,
    work: { transfer: 60, force: 20, acquire: 20 },
    faults: ["all comes twice", "slow link", "replies are lost"],
  },
  abandoned: {
    ...usual,
    about: "locks of several keys that are forced out, and that nobody releases",
    ttls: [3_000, 8_000],
    holds: [20, 60],
    leaves: 70,
    work: { several: 70, force: 30 },
    faults: ["false message", "lock is evicted"],
  },
  periods: {
    ...usual,
    about: "jobs that run once per period, with work that fails, and all faults",
    processes: 6,
    keys: 3,
    ttls: [800, 2_000, 3_000, 8_000],
    rest: 900,
    holds: [5, 20, 60, 150],
    work: { once: 95, acquire: 4, force: 1 },
    faultEvery: 900,
  },
  clock: {
    ...usual,
    about: "the clock of the server goes back: all else works",
    processes: 6,
    keys: 1,
    ttls: [800, 2_000, 3_000],
    rest: 400,
    holds: [60, 90],
    work: { acquire: 100 },
    faultEvery: 4_000,
    faults: ["wall clock goes back"],
  },
  expiries: {
    ...usual,
    about: "locks that nobody releases, over slow connections: their waiters ask when the lease ends",
    processes: 4,
    keys: 1,
    hands: 2,
    ttls: [2_000, 8_000],
    rest: 300,
    holds: [5],
    leaves: 90,
    work: { acquire: 100 },
    faultEvery: 800,
    faults: ["slow link"],
  },
  extinct: {
    ...usual,
    about: "all processes crash at once",
    isExtinct: true,
    rage: 12_000,
    hands: 2,
    rest: 300,
    work: { acquire: 70, several: 20, tryAcquire: 10 },
    faultEvery: 2_000,
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
