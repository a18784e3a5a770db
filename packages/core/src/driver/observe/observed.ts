// Tested by packages/core/test/observe.test.ts
import { turn } from "../with-timeout";
import { subscribed } from "./channels";
import { reportBroken } from "./facts";
import { type Observer, observers } from "./observer";
import type { Operation } from "./operation";

/** Whether anybody would see such an operation. */
export const isObserved = (name: Operation["name"]): boolean => observers.length > 0 || subscribed(name) !== undefined;

const noop = (): void => {};

/** Rejections that are outcomes and no failures: another holder has a lock that the caller did not want to wait for. */
const outcomes = new WeakSet<Error>();

/** Notes a rejection that is an outcome, for the operations around the one that rejects. */
export const noteOutcome = (error: Error): void => void outcomes.add(error);

/** Whether a rejection is a failure: neither such an outcome nor the abort of the caller's signal. */
export const isFailure = (error: unknown, signal: AbortSignal | undefined): boolean =>
  !(outcomes.has(error as Error) || (signal?.aborted && error === signal.reason));

/**
 * Does the work as an operation that observers and subscribers see, and settles as the work does. They do not see the result, which
 * may be a lock. `isError`: whether they see a rejection as an error.
 */
export async function observed<T>(
  operation: Operation,
  work: () => Promise<T>,
  isError: (error: unknown) => boolean = () => true,
): Promise<T> {
  let result: Promise<T> | undefined;
  const settled = async (): Promise<void> => {
    result ??= work();
    await result.catch((error: unknown) => {
      if (isError(error)) throw error;
    });
  };
  const channel = subscribed(operation.name);
  const published = channel ? () => channel.tracePromise(settled, operation) : settled;
  const whole = observers.reduceRight(
    (next, observer) => (observer.around ? () => aroundBy(observer, operation, next) : next),
    published,
  );
  await whole().catch(noop);
  return result!;
}

/** Settles as `next` does, once the observer has seen its end; it waits for the observer for one turn at most. */
async function aroundBy(observer: Observer, operation: Operation, next: () => Promise<void>): Promise<void> {
  let started: Promise<void> | undefined;
  const once = () => {
    started ??= next();
    return started;
  };
  const seen = async () => observer.around!(operation, once);
  const seenAll = seen().catch(async (error: unknown) => {
    const own = await once().then(noop, (failure: unknown) => failure);
    if (error !== own) reportBroken(observer, error);
  });
  await Promise.race([seenAll, once().then(turn, turn)]);
  return once();
}
