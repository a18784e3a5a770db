// Tested by packages/core/test/observe.test.ts
import type { ExtendReply } from "../../driver/driver";
import { now } from "../../driver/lease";
import { begin, type Failure } from "../../driver/observe/observed";
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
  const running = begin(operation);
  function settled(outcome: ExtendReply | "failed", failure?: Failure): void {
    operation.outcome = typeof outcome === "string" ? outcome : "lost";
    if (!claimed) operation.left = Math.max(0, lock.deadline - now());
    running.end(failure);
  }
  answer.then(settled, (error: unknown) => settled("failed", { error }));
}
