import { type Lock, warn } from "@distlock/core";
import type { Begin } from "./step";

/** The same lock with a span for each `extend` and `release`; the end of an `await using` block is a release. */
export function tracedLock(lock: Lock, begin: Begin): Lock {
  const attributes = { "distlock.lock.key": lock.key, "distlock.fence": lock.fence };
  const release = () => begin("distlock.release", attributes).run(() => lock.release());
  return {
    get key() {
      return lock.key;
    },
    get token() {
      return lock.token;
    },
    get fence() {
      return lock.fence;
    },
    get signal() {
      return lock.signal;
    },
    get isHeld() {
      return lock.isHeld;
    },
    remaining: () => lock.remaining(),
    extend: (ttl) => begin("distlock.extend", { ...attributes, "distlock.ttl": ttl }).run(() => lock.extend(ttl)),
    release,
    [Symbol.asyncDispose]: () => release().catch(warn),
  };
}
