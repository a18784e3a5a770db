import { useClock } from "../../../packages/core/src/driver/clock";
import { EventQueue } from "./event-queue";
import { IMMEDIATE, type Machine, type Phase } from "./machine";

interface Happening {
  time: number;
  order: number;
  readonly machine: Machine;
  readonly phase: Phase;
  run: (() => void) | undefined;
}

/** Runs the events of machines in virtual time, one after another, in an order that depends on nothing but their times. */
export interface Engine {
  /** The time since the beginning, in ms. While the code of a machine runs, it includes the time that this code has taken. */
  readonly now: number;
  /** How many events have run. */
  readonly events: number;
  /** Schedules code of a machine for a time. */
  at(time: number, machine: Machine, phase: Phase, run: () => void): Happening;
  cancel(happening: Happening): void;
  /** Stops a machine until a time. Its events that are due earlier run at that time. */
  pause(machine: Machine, until: number): void;
  /** Lets a stopped machine go on. */
  resume(machine: Machine): void;
  /** Runs all events up to a time. */
  run(until: number): Promise<void>;
}

/** The real event loop turns once in this many events: only then are unhandled rejections reported and key presses noticed. */
const TURN = 5_000;

/** Runs the next step when no promise of the last one has anything left to do: Node runs a tick only when no microtask is left. */
const onceSettled = (step: () => void): void => queueMicrotask(() => process.nextTick(step));

/** After `most` events no other one runs: messages that multiply would keep a run from its end. */
export function createEngine(most = Number.POSITIVE_INFINITY): Engine {
  const queue = new EventQueue<Happening>();
  const waiting = new Map<Machine, Happening[]>();
  let time = 0;
  let order = 0;
  let events = 0;
  let current: Machine | undefined;

  const engine: Engine = {
    get now() {
      return time + (current?.busy ?? 0);
    },
    get events() {
      return events;
    },

    at(at, machine, phase, run) {
      const happening: Happening = { time: Math.max(at, time), order: order++, machine, phase, run };
      queue.push(happening);
      return happening;
    },

    cancel(happening) {
      happening.run = undefined;
    },

    pause(machine, until) {
      if (until <= machine.pausedUntil) return;
      machine.pausedUntil = until;
      engine.at(until, machine, IMMEDIATE, () => {});
    },

    resume(machine) {
      machine.pausedUntil = machine.busyUntil;
      engine.at(machine.pausedUntil, machine, IMMEDIATE, () => {});
    },

    async run(until) {
      await new Promise<void>((resolve, reject) => {
        function step(): void {
          try {
            finishTurn();
            if (!next(until)) {
              current = undefined;
              useClock();
              resolve();
            } else if (++events % TURN === 0) setImmediate(step);
            else onceSettled(step);
          } catch (error) {
            useClock();
            reject(error);
          }
        }
        step();
      });
      time = Math.max(time, until);
    },
  };

  /** A machine whose code took time stands still for that time. */
  function finishTurn(): void {
    if (current === undefined || current.busy === 0) return;
    const { busy } = current;
    current.busy = 0;
    current.busyUntil = time + busy;
    engine.pause(current, current.busyUntil);
  }

  /** Runs the next event. Returns false if none is due by that time. */
  function next(until: number): boolean {
    for (;;) {
      const { first } = queue;
      if (first === undefined || first.time > until || events >= most) return false;
      queue.pop();
      const { machine, run } = first;
      if (run === undefined || machine.isDead) continue;
      time = first.time;
      if (machine.pausedUntil > time) {
        putOff(first);
        continue;
      }
      const late = waiting.get(machine);
      if (late !== undefined) {
        goOn(machine, [...late, first]);
        continue;
      }
      current = machine;
      useClock(machine.clock);
      first.run = undefined;
      run();
      return true;
    }
  }

  function putOff(happening: Happening): void {
    const late = waiting.get(happening.machine);
    if (late) late.push(happening);
    else waiting.set(happening.machine, [happening]);
  }

  /** The machine goes on: timers that are due run first, then arrivals, then immediates. */
  function goOn(machine: Machine, late: Happening[]): void {
    waiting.delete(machine);
    late.sort((a, b) => a.phase - b.phase || a.time - b.time || a.order - b.order);
    for (const each of late) queue.push(Object.assign(each, { time, order: order++ }));
  }

  return engine;
}

export type { Happening };
