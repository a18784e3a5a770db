// Tested by packages/core/test/strategies.test.ts
import { randomBytes, randomUUID } from "node:crypto";

export type Timer = NodeJS.Timeout | number;

/** All that this package learns of time and of chance. */
export interface Clock {
  /** ms, monotonic: neither NTP nor an operator sets it. */
  now(): number;
  /** The time of day, in ms, at which `now()` was 0. */
  readonly origin: number;
  /** Runs a function after `ms`. `keepsAlive`: whether the process stays alive for it. */
  after(ms: number, run: () => void, keepsAlive: boolean): Timer;
  cancel(timer: Timer | undefined): void;
  /** Runs a function when the functions that wait for promises have run. */
  tick(run: () => void): void;
  /** Runs a function after one turn of the event loop, in which data that had arrived before is read. */
  immediate(run: () => void): void;
  /** A number from 0 up to 1. */
  random(): number;
  randomBytes(count: number): Buffer;
  randomUUID(): string;
}

export const realClock: Clock = {
  now: () => performance.now(),
  origin: performance.timeOrigin,
  after(ms, run, keepsAlive) {
    const timer = setTimeout(run, ms);
    if (!keepsAlive) timer.unref();
    return timer;
  },
  cancel: (timer) => clearTimeout(timer),
  tick: (run) => process.nextTick(run),
  immediate: (run) => void setImmediate(run),
  random: () => Math.random(),
  randomBytes: (count) => randomBytes(count),
  randomUUID: () => randomUUID(),
};

/** The clock of the process whose code runs. */
export let clock: Clock;

/**
 * For simulations: puts another clock in the place of the real one, or the real one back. A process runs one piece of code at
 * a time, so one clock is enough, also for a simulation of many processes: it is the clock of the process whose code runs.
 */
export function useClock(other: Clock = realClock): void {
  clock = other;
}

useClock();
