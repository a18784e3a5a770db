// Tested by packages/core/test/observe.test.ts
import type { ExtendReply } from "../../driver/driver";
import { now } from "../../driver/lease";
import { observed } from "../../driver/observe/observed";
import type { ExtendOperation, Open } from "../../driver/observe/operation";

/**
 * Reports an extension by the locker itself, one of `locks` in the same moment. Call this before the reply can be read: what was
 * left of the lease then is what counts.
 */
export function observeExtension(
  lock: { readonly key: string; readonly deadline: number; readonly claimed: boolean },
  ttl: number,
  locks: number,
  answer: Promise<ExtendReply>,
): void {
  const operation: Open<ExtendOperation> = { name: "extend", keys: [lock.key], ttl, automatic: true, locks };
  const { claimed } = lock;
  observed(operation, async () => {
    try {
      operation.outcome = await answer;
    } catch (error) {
      operation.outcome = "failed";
      throw error;
    } finally {
      if (!claimed) operation.left = Math.max(0, lock.deadline - now());
    }
  }).catch(() => {});
}
