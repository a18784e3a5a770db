// Tested by packages/core/test/locker.test.ts
import { clock } from "../../driver/clock";

/** Between two requests of a waiter in the queue to a server that fails, in ms. */
export const FAILURE_PAUSE = 250;

/** Spread over half of the delay to either side, so that waiters that began together don't stay together. */
export const jittered = (delay: number): number => Math.max(1, delay * (0.5 + clock.random()));
