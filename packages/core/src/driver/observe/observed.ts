// Tested by packages/core/test/observe.test.ts
import { type Publication, publication, subscribed } from "./channels";
import { reportBroken } from "./facts";
import { observers } from "./observer";
import type { Operation } from "./operation";
import { within } from "./through";

/** Whether anybody would see such an operation. */
export const isObserved = (name: Operation["name"]): boolean => observers.length > 0 || subscribed(name) !== undefined;

/** Why an operation failed. */
export interface Failure {
  readonly error: unknown;
}

/** An operation that goes on. */
export interface Running {
  /** Begins the work of the operation in its context. */
  run<T>(work: () => T): T;
  /** Call it once, when the end is written to the operation. Without a failure it has ended well, or with another outcome. */
  end(failure?: Failure): void;
}

/** An operation begins. Those who see its begin see its end. `owner` is the `lockerIdentity` of its locker. */
export function begin(operation: Operation, owner?: object): Running {
  const seen = [...observers];
  const published: Publication | undefined = publication(operation);
  for (const observer of seen) {
    try {
      observer.begin?.(operation, owner);
    } catch (error) {
      reportBroken(observer, error);
    }
  }
  return {
    run(work) {
      const begun = () => within(operation, work);
      return published ? published.start(begun) : begun();
    },
    end(failure) {
      for (const observer of seen) {
        try {
          observer.end?.(operation, failure);
        } catch (error) {
          reportBroken(observer, error);
        }
      }
      published?.end(failure);
    },
  };
}

/** How to write the end of an operation to it. */
interface Ending<T> {
  readonly owner?: object | undefined;
  done?(value: T): void;
  /** Returns whether the rejection is a failure. Default: each is. */
  failed?(error: unknown): boolean;
}

/**
 * Does the work as an operation that observers and subscribers see, and settles as the work does. They do not see the result, which
 * may be a lock.
 */
export function observed<T>(operation: Operation, work: () => Promise<T>, ending: Ending<T> = {}): Promise<T> {
  const { run, end } = begin(operation, ending.owner);
  return run(work).then(
    (value) => {
      ending.done?.(value);
      end();
      return value;
    },
    (error: unknown) => {
      const isFailed = ending.failed?.(error) ?? true;
      end(isFailed ? { error } : undefined);
      throw error;
    },
  );
}

/** Rejections that are outcomes and no failures: another holder has a lock that the caller did not want to wait for. */
const outcomes = new WeakSet<Error>();

/** Notes a rejection that is an outcome, for the operations around the one that rejects. */
export const noteOutcome = (error: Error): void => void outcomes.add(error);

/** Whether a rejection is a failure: neither such an outcome nor the abort of the caller's signal. */
export const isFailure = (error: unknown, signal: AbortSignal | undefined): boolean =>
  !(outcomes.has(error as Error) || (signal?.aborted && error === signal.reason));
