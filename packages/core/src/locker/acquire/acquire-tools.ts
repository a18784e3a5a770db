// Tested by packages/core/test/strategies.test.ts
import type { Driver, Replicator } from "../../driver/driver";
import type { GiveUpToken } from "../give-up-token";
import type { Queue } from "../queue/queue";
import type { PendingWait } from "./mailbox";

/** What a locker lends to its calls. */
export interface AcquireTools {
  readonly driver: Driver;
  readonly inbox: string;
  /** Absent where the driver has no queue: no call waits in one then. */
  readonly queue: Queue | undefined;
  readonly giveUpToken: GiveUpToken;
  readonly openReplicator: () => Replicator;
  /** The waits that end when the locker closes. */
  readonly pendingWaits: Set<PendingWait>;
}
