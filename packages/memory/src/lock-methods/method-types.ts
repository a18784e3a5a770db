type AnyFunction = (...args: never) => unknown;
type IsAny<T> = 0 extends 1 & T ? true : false;
type ResultOf<F> = NonNullable<F> extends (...args: never) => infer R ? R : never;

/** The names of the methods of `T`, including optional ones. */
export type MethodOf<T> = {
  [K in keyof T]-?: NonNullable<T[K]> extends AnyFunction ? K : never;
}[keyof T];

/** The methods of `T` whose result extends `R`. */
type MethodReturning<T, R> = {
  [K in MethodOf<T>]: IsAny<ResultOf<T[K]>> extends true ? never : ResultOf<T[K]> extends R ? K : never;
}[MethodOf<T>];

/** The methods that return a stream at once, and not as a promise. Async generators are among them. */
export type StreamMethodOf<T> = MethodReturning<T, AsyncIterable<unknown> | ReadableStream>;

/**
 * The methods that `write` can name. Async generators are the only ones among them that return a stream at once: they alone
 * are recognised as such when they are locked. A sync generator can't wait for a lock.
 */
export type WriteMethodOf<T> =
  | Exclude<MethodOf<T>, StreamMethodOf<T> | MethodReturning<T, Generator>>
  | MethodReturning<T, AsyncGenerator>;

/** The arguments of each of the methods. */
export type ArgumentsOf<T, K extends keyof T> = K extends unknown
  ? NonNullable<T[K]> extends (...args: infer A) => unknown
    ? Readonly<A>
    : never
  : never;

/** The methods of `K` whose type must change: they return their result at once, and a lock can't be waited for at once. */
type SyncMethodOf<T, K extends keyof T> = {
  [P in K]-?: IsAny<ResultOf<T[P]>> extends true
    ? never
    : Extract<ResultOf<T[P]>, PromiseLike<unknown> | AsyncIterable<unknown> | ReadableStream> extends never
      ? unknown extends ResultOf<T[P]>
        ? never
        : P
      : never;
}[K];

type Promised<F> = NonNullable<F> extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;

/** `T` itself, unless a locked method returns its result at once: it then returns the promise of it. */
export type LockedMethods<T, K extends keyof T> = [SyncMethodOf<T, K>] extends [never]
  ? T
  : Omit<T, SyncMethodOf<T, K>> & { [P in SyncMethodOf<T, K>]: Promised<T[P]> };
