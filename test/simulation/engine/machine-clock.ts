import type { Clock } from "../../../packages/core/src/driver/clock";
import type { Random } from "../../faults/random";
import type { Engine, Happening } from "./engine";
import { IMMEDIATE, type Machine, TIMER } from "./machine";
import { between } from "./random";

/** The day on which every simulation begins, in ms. */
export const ORIGIN = 1_700_000_000_000;

/** Clocks differ from each other by up to this part: the margin of a lease covers one percent. */
export const DRIFT = 0.007;

/** A timer counts whole milliseconds: it is early by less than one, or late. */
const EARLY = 0.9;
const LATE = 1.5;

export interface ClockOptions {
  readonly engine: Engine;
  readonly random: Random;
  /** What a millisecond of the simulation is on this clock. */
  readonly speed: number;
  /** Begins each name that the machine makes up. */
  readonly prefix: string;
  /** Called whenever the time is asked for, before it is told. */
  readonly onLook: () => void;
}

/** The clock of a machine, with its timers and its chance. `machineOf` is called later: the machine has this clock. */
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
    immediate: (run) => void engine.at(engine.now, machineOf(), IMMEDIATE, run),
    random: () => between(random, 0, 1),
    // So that the name of a locker, which is base64url of these, reads as the name of its process.
    randomBytes: (count) => Buffer.from(`${prefix}-${++lastName}`.padEnd(16, "_"), "base64url").subarray(0, count),
    randomUUID: () => `${prefix}.${++lastName}`,
    get timers() {
      return timers.size;
    },
  };
}
