import type { Clock } from "../../../packages/core/src/driver/clock";
import type { Random } from "../../faults/random";
import type { Engine, Happening } from "./engine";
import { IMMEDIATE, type Machine, TIMER } from "./machine";
import { between } from "./random";

/** The day on which every simulation begins, in ms. */
export const ORIGIN = 1_700_000_000_000;

/** A clock is faster or slower than the server's by up to this fraction: the margin of a lease covers one percent. */
export const DRIFT = 0.007;

/** By how many ms a timer may be early or late: it counts whole milliseconds, so it is early by less than one. */
const EARLY = 0.9;
const LATE = 1.5;

export interface ClockOptions {
  readonly engine: Engine;
  readonly random: Random;
  /** How many ms this clock counts in one ms of the simulation. */
  readonly speed: number;
  /** The beginning of each name that the machine makes up. */
  readonly prefix: string;
  /** Called before each reading of the clock. */
  readonly onLook: () => void;
}

/** The clock of a machine, with its timers and its random numbers. `machineOf` is a function because the machine is made later. */
export function createMachineClock(
  options: ClockOptions,
  machineOf: () => Machine,
): Clock & { readonly timers: number } {
  const { engine, random, speed, prefix, onLook } = options;
  const timers = new Map<number, Happening>();
  let lastTimer = 0;
  let lastName = 0;

  return {
    origin: ORIGIN,
    now() {
      onLook();
      return engine.now * speed;
    },
    after(ms, run) {
      const timer = ++lastTimer;
      const delay = Math.max(1, Math.trunc(ms)) / speed;
      const at = engine.now + Math.max(0.1, delay + between(random, -EARLY, LATE));
      const ring = () => {
        timers.delete(timer);
        run();
      };
      timers.set(timer, engine.at(at, machineOf(), TIMER, ring));
      return timer;
    },
    cancel(timer) {
      const happening = typeof timer === "number" ? timers.get(timer) : undefined;
      if (happening === undefined) return;
      timers.delete(timer as number);
      engine.cancel(happening);
    },
    tick: queueMicrotask,
    immediate: (run) => void engine.at(engine.now, machineOf(), IMMEDIATE, run),
    random: () => between(random, 0, 1),
    // The name of a locker is base64url of these bytes. With this prefix it reads as the name of its process.
    randomBytes: (count) => Buffer.from(`${prefix}-${++lastName}`.padEnd(16, "_"), "base64url").subarray(0, count),
    randomUUID: () => `${prefix}.${++lastName}`,
    get timers() {
      return timers.size;
    },
  };
}
