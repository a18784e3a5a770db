import type { Clock } from "../../../packages/core/src/driver/clock";

/** The parts of a turn of an event loop, in their order: what waited while a machine stood still runs in this order. */
export const TIMER = 0;
export const ARRIVAL = 1;
export const IMMEDIATE = 2;
export type Phase = typeof TIMER | typeof ARRIVAL | typeof IMMEDIATE;

/** One simulated process: a server, or a client. Times are of the simulation, in ms. */
export interface Machine {
  readonly name: string;
  /** What its code takes for time and chance. */
  readonly clock: Clock;
  isDead: boolean;
  /** It stands still until then. */
  pausedUntil: number;
  /** How long its code has kept the processor in the present turn, in ms. */
  busy: number;
  /** Until when its code has kept the processor: it has seen that time, so it can't go on before. */
  busyUntil: number;
}
