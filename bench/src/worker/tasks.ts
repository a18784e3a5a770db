import type { ContestantId } from "../contestants/contestants";

/** One grant, in ms of the machine's monotonic clock, which all its processes share. */
export interface Grant {
  readonly process: number;
  readonly requested: number;
  readonly granted: number;
  /** When the release was sent. */
  readonly released: number;
}

export interface HotKey {
  readonly key: string;
  readonly waiters: number;
  /** ms. */
  readonly hold: number;
  /** Longest pause of a waiter before it asks again, ms. */
  readonly think: number;
}

/** CPU time of a process over a while, in ms. */
export interface Spent {
  readonly elapsed: number;
  readonly cpu: number;
}

/** The orders that a worker takes. */
export interface Tasks {
  /** Connects, and warms up: alone, and with two callers that wait for each other. */
  open(contestant: ContestantId, port: number): Promise<void>;
  /** Acquires and releases, each of so many in parallel on a key of its own, `each` times; returns ms. */
  cycle(parallel: number, each: number): Promise<number>;
  /** Fights for a key until `stop`, then grants it to everyone who still waits; returns the grants. */
  contend(hotKey: HotKey): Promise<Omit<Grant, "process">[]>;
  stop(): Promise<void>;
  /** Acquires so many locks and keeps them alive until `close`; false if the library can't. */
  keep(count: number, ttl: number): Promise<boolean>;
  /** Lets so many ms pass, and returns the CPU time that the process spent in them. */
  spend(ms: number): Promise<Spent>;
  close(): Promise<void>;
}

type Task = keyof Tasks;

export interface Order {
  readonly id: number;
  readonly task: Task;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  /** One more grant, reported at once. */
  | "granted";
