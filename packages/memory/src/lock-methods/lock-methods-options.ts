import { type CallOptions, resolveCallOptions } from "../turn/call-options";
import type { HowToHold } from "../turn/turn-options";
import type { ArgumentsOf, StreamMethodOf, WriteMethodOf } from "./method-types";

export interface LockMethodsOptions<
  T,
  W extends keyof T = WriteMethodOf<T>,
  S extends StreamMethodOf<T> = StreamMethodOf<T>,
> extends CallOptions {
  /**
   * The methods that are called with the lock held: methods that write, or that read, decide and write. An async generator
   * takes the lock at its first read.
   */
  write: readonly W[];
  /** Other methods that return a stream at once, not a promise of one. They take the lock at the first read. */
  stream?: readonly S[] | undefined;
  /** The key of the lock: one key for all that write to the same place. */
  key: string | ((method: W | S, args: ArgumentsOf<T, W | S>, target: T) => string | PromiseLike<string>);
}

export interface ResolvedLockMethodsOptions<T, W, S> {
  readonly write: readonly W[];
  readonly stream: readonly S[];
  keyOf(method: W | S, args: readonly unknown[], target: T): string | PromiseLike<string>;
  readonly how: HowToHold;
}

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveLockMethodsOptions<T, W extends keyof T, S extends StreamMethodOf<T>>(
  options: LockMethodsOptions<T, W, S>,
): ResolvedLockMethodsOptions<T, W, S> {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { write, stream = [], key, ...rest } = options;
  if (!Array.isArray(write) || !Array.isArray(stream)) throw new TypeError("write and stream must be arrays of names");
  if (typeof key !== "string" && typeof key !== "function") {
    throw new TypeError(`key must be a string, or a function that returns one, got ${typeof key}`);
  }
  return {
    write,
    stream,
    keyOf: (method, args, target) =>
      typeof key === "string" ? key : key(method, args as ArgumentsOf<T, W | S>, target),
    how: resolveCallOptions(rest),
  };
}
