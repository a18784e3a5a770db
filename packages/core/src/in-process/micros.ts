// Tested by packages/testing/test/contract.test.ts, packages/core/test/in-process.test.ts
import { clock } from "../driver/clock";

/** The time of day in µs, for fences and tickets. It is not stepped while the process runs. */
export const micros = (): number => Math.floor((clock.origin + clock.now()) * 1_000);
