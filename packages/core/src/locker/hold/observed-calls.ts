// Tested by packages/core/test/observe.test.ts
import { LockError } from "../../driver/errors";
import { isObserved, observed } from "../../driver/observe/observed";
import type { ExtendOperation, Open, ReleaseOperation } from "../../driver/observe/operation";
import { checkTtl } from "../options";
import type { HeldLock } from "./held-lock";
import { extendLock, releaseLock } from "./lock-calls";

/*
 * The calls of a lock, as those who look see them.
 */

/** Does a call for all parts of a lock, as the lock does it. */
type ForAll = (call: (part: HeldLock) => Promise<void>) => Promise<void>;

const keysOf = (parts: readonly HeldLock[]): string[] => parts.map(({ key }) => key);
const ownerOfAll = (parts: readonly HeldLock[]): object | undefined => parts[0]!.tools.owner;

const outcomeOf = (error: unknown): "lost" | "failed" =>
  LockError.is(error) && error.code === "LOCK_LOST" ? "lost" : "failed";

/** `Lock.extend` and `MultiLock.extend`. */
export function extendAll(parts: readonly HeldLock[], ttl: number | undefined, forAll: ForAll): Promise<void> {
  if (ownerOfAll(parts) === undefined || !isObserved("extend")) return forAll((part) => extendLock(part, ttl));
  return observedExtension(parts, ttl ?? parts[0]!.ttl, forAll);
}

async function observedExtension(parts: readonly HeldLock[], ttl: number, forAll: ForAll): Promise<void> {
  checkTtl(ttl);
  const operation: Open<ExtendOperation> = {
    name: "extend",
    keys: keysOf(parts),
    ttl,
    automatic: false,
    locks: 1,
  };
  let left = Number.POSITIVE_INFINITY;
  const extend = (part: HeldLock) =>
    extendLock(part, ttl, (ofPart) => {
      left = Math.min(left, ofPart);
    });
  return observed(operation, () => forAll(extend), {
    owner: ownerOfAll(parts),
    done() {
      operation.outcome = "held";
      operation.left = left;
    },
    failed(error) {
      operation.outcome = outcomeOf(error);
      operation.left = remainingOf(parts);
      return true;
    },
  });
}

const remainingOf = (parts: readonly HeldLock[]): number => Math.min(...parts.map(({ remaining }) => remaining));

/** `Lock.release` and `MultiLock.release`. */
export function releaseAll(parts: readonly HeldLock[], how: "released" | "disposed", forAll: ForAll): Promise<void> {
  const release = () => forAll((part) => releaseLock(part, how));
  const isUnseen = ownerOfAll(parts) === undefined || parts.every(({ state }) => state === "released");
  return isUnseen || !isObserved("release") ? release() : observedRelease(parts, release);
}

function observedRelease(parts: readonly HeldLock[], release: () => Promise<void>): Promise<void> {
  const operation: Open<ReleaseOperation> = { name: "release", keys: keysOf(parts) };
  return observed(operation, release, {
    owner: ownerOfAll(parts),
    done() {
      operation.outcome = "released";
    },
    failed(error) {
      operation.outcome = outcomeOf(error);
      return true;
    },
  });
}
