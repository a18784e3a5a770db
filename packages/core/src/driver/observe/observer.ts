// Tested by packages/core/test/observe.test.ts
import type { AcquireOperation, Fact, Operation } from "./operation";

/**
 * Sees what all lockers of the process do. Every member may be left out. An error of a member becomes one warning, and does not
 * change the operation.
 */
export interface Observer {
  /** An operation begins. `owner` is the `lockerIdentity` of its locker; a lease has none. */
  begin?(operation: Operation, owner: object | undefined): void;
  /** It has ended: with a failure, or well, or with an outcome that is not a failure (`"busy"`, `"aborted"`). */
  end?(operation: Operation, failure: { readonly error: unknown } | undefined): void;
  /**
   * Work begins within an operation: its own, right after its begin; for a hold and for a turn also later. Calls `next` once, before
   * it returns, in whatever async context, and returns its result.
   */
  within?<T>(operation: Operation, next: () => T): T;
  /** Work that belongs to no caller begins, such as an extension or a heartbeat. As `within`. */
  background?<T>(next: () => T): T;
  /**
   * A call asks for a lock. Returns what observers in other processes may know of it: while it holds the lock, or waits, they find it as the
   * `link` of a holder or a waiter. At most 64 characters of base64url; everybody who can read the key can read it.
   */
  link?(operation: AcquireOperation): string | undefined;
  /** Something happened that has no duration. */
  event?(fact: Fact): void;
}

// Copies of this package, ESM and CJS for instance, share the list. The number is the version of its contents.
const REGISTRY = Symbol.for("distlock.observers.1");
const shared = globalThis as {
  [REGISTRY]?: { readonly observers: Observer[]; readonly broken: WeakSet<Observer> };
};
const registry = shared[REGISTRY] ?? { observers: [], broken: new WeakSet() };
shared[REGISTRY] = registry;

/** All observers of the process, in the order in which they were added. */
export const { observers } = registry;

/** Observers that threw. */
export const { broken } = registry;

/** Adds an observer for all lockers of the process, those that exist too. Disposing of the result takes it away. */
export function observe(observer: Observer): Disposable {
  if (typeof observer !== "object" || observer === null) throw new TypeError("observe needs an object with functions");
  observers.push(observer);
  return {
    [Symbol.dispose]() {
      const at = observers.indexOf(observer);
      if (at >= 0) observers.splice(at, 1);
    },
  };
}
