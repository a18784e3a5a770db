import type { LockState } from "../../../packages/core/src/in-process/lock-state";
import { createWaitQueue } from "../../../packages/core/src/in-process/wait-queue";

/** A copy of the data of a key, as a replica has it. */
export const copyOf = ({ lease, fence, released, queue, tombstones, reasons }: LockState): LockState => ({
  lease: lease && { ...lease },
  fence: fence && { ...fence },
  released: released && { ...released },
  queue: createWaitQueue(structuredClone(queue.data)),
  tombstones: new Map(tombstones),
  reasons: new Map(reasons),
});
