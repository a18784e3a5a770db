// Tested by packages/core/test/observe.test.ts, packages/core/test/nesting.test.ts
import { type LockError, ObserverError } from "../errors";
import { points } from "./channels";
import { broken, type Observer, observers } from "./observer";
import type { Fact } from "./operation";

/** Whether anybody would see such a fact. */
export const isReported = (name: Exclude<Fact["name"], "warning">): boolean =>
  observers.length > 0 || (name !== "failure" && points[name].hasSubscribers);

/** `to`: by default all observers. */
export function report(fact: Fact, to: readonly Observer[] = observers): void {
  if (fact.name === "lost") points.lost.publish(fact);
  else if (fact.name === "queue") points.queue.publish(fact);
  for (const observer of to) {
    try {
      observer.event?.(fact);
    } catch (error) {
      reportBroken(observer, error);
    }
  }
}

/**
 * Reports a failure that has no caller left to reject. Subscribers of the diagnostics channel `distlock:warning` receive the
 * error; if there are none it becomes a process warning, which Node prints. Observers receive it too.
 */
export function warn(error: LockError): void {
  if (points.warning.hasSubscribers) points.warning.publish(error);
  else process.emitWarning(error.message, { type: "DistlockWarning", code: error.code });
  report({ name: "warning", error });
}

/** Warns of an observer that threw, once. */
export function reportBroken(observer: Observer, error: unknown): void {
  if (broken.has(observer)) return;
  broken.add(observer);
  warn(new ObserverError(error));
}
