// Tested by packages/memory/test/turn/turn-chain.test.ts
import { background } from "./through";

export interface Pending<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * A promise that is settled from outside. A promise of Node 20 keeps the async context in which it was made; this one is made in the
 * context of no caller. Otherwise turns of which each starts the next would all stay in memory.
 */
export function pending<T>(): Pending<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = background(
    () =>
      new Promise<T>((ofValue, ofError) => {
        resolve = ofValue;
        reject = ofError;
      }),
  );
  return { promise, resolve, reject };
}
