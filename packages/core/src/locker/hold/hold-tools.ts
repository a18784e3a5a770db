// Tested by packages/core/test/hold.test.ts
import type { Driver } from "../../driver/driver";
import type { GiveUpToken } from "../give-up-token";
import type { Queue } from "../queue/queue";
import type { LeaseMonitor } from "./lease-monitor";

/** What a locker lends to its held locks. */
export interface HoldTools {
  readonly driver: Driver;
  /** The identity of the locker. `undefined`: observers do not see it. */
  readonly owner: object | undefined;
  readonly monitor: LeaseMonitor;
  readonly giveUpToken: GiveUpToken;
  readonly queue: Pick<Queue, "retire"> | undefined;
}
