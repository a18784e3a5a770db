// Tested by packages/core/test/observe.test.ts
import { AsyncResource } from "node:async_hooks";
import { reportBroken } from "./facts";
import { type Observer, observers } from "./observer";
import type { Operation } from "./operation";

/** The async context of no caller. */
const own = new AsyncResource("distlock");

/** Does work that belongs to no caller: an extension by the locker, a heartbeat, the undoing of a request, the inbox. */
export const background = <T>(work: () => T): T =>
  own.runInAsyncScope(
    observers.reduceRight((next, observer) => {
      if (!observer.background) return next;
      return () => calledBy(observer, (once) => observer.background!(once), next);
    }, work),
  );

/** Begins work within an operation. */
export const within = <T>(operation: Operation, work: () => T): T =>
  observers.reduceRight((next, observer) => {
    if (!observer.within) return next;
    return () => calledBy(observer, (once) => observer.within!(operation, once), next);
  }, work)();

/** Calls `next` once, through the observer, and returns or throws what `next` does. */
function calledBy<T>(observer: Observer, call: (next: () => T) => unknown, next: () => T): T {
  let done: { readonly value: T } | { readonly error: unknown } | undefined;
  function once(): T {
    try {
      done ??= { value: next() };
    } catch (error) {
      done = { error };
    }
    if ("error" in done) throw done.error;
    return done.value;
  }
  try {
    call(once);
  } catch (error) {
    if (!done || !("error" in done && done.error === error)) reportBroken(observer, error);
  }
  return once();
}
