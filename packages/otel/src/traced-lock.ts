import { inspect } from "node:util";
import type { Lock, MultiLock } from "@distlock/core";
import { warn } from "@distlock/core/driver";
import type { Attributes } from "@opentelemetry/api";
import type { Begin } from "./step";

/** The values are lists for a lock of several keys. */
export const attributesOf = (lock: Lock | MultiLock): Attributes =>
  "keys" in lock
    ? { "distlock.lock.key": [...lock.keys], "distlock.fence": [...lock.fences.values()] }
    : { "distlock.lock.key": lock.key, "distlock.fence": lock.fence };

/** Returns the lock with a span for each `extend` and `release`; the end of an `await using` block is a release. */
export function tracedLock<L extends Lock | MultiLock>(lock: L, begin: Begin): L {
  const attributes = attributesOf(lock);
  const named =
    "keys" in lock ? { keys: lock.keys, fences: lock.fences } : { key: lock.key, fence: (lock as Lock).fence };
  const release = () => begin("distlock.release", attributes).run(() => lock.release());
  // Not fields of the object, so that nothing that prints or copies the lock has the token.
  const hidden = {
    get token() {
      return lock.token;
    },
    [inspect.custom]: () => lock,
  };
  const traced: Omit<Lock, "key" | "fence" | "token"> = {
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
  return Object.create(hidden, {
    ...Object.getOwnPropertyDescriptors(named),
    ...Object.getOwnPropertyDescriptors(traced),
  });
}
