// Tested by packages/testing/test/contract.test.ts, packages/core/test/in-process.test.ts
import { now } from "../driver/lease";

/** The time of day in µs, for fences and tickets. It is not stepped while the process runs. */
export const micros = (): number => Math.floor((performance.timeOrigin + now()) * 1_000);
