import type { Clock } from "../../../packages/core/src/driver/clock";

/** The phases of a turn of an event loop. Events that waited while a machine stood still run in this order. */
export const TIMER = 0;
export const ARRIVAL = 1;
export const IMMEDIATE = 2;
export type Phase = typeof TIMER | typeof ARRIVAL | typeof IMMEDIATE;

/** One simulated process: a server, or a client. Times are in ms of the simulation. */
export interface Machine {
  readonly name: string;
  /** The source of time and random numbers for its code. */
  readonly clock: Clock;
  isDead: boolean;
  /** Until when it stands still. */
  pausedUntil: number;
  /** How long its code has kept the processor in the present turn, in ms. */
  busy: number;
  /** Until when its code has kept the processor. The code has seen this time, so the machine cannot go on earlier. */
  busyUntil: number;
}
