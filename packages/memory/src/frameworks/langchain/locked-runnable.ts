import type { Locker } from "@distlock/core";
import { assertLocker } from "../../support/assert-locker";
import { boundProxy } from "../../support/bound-proxy";
import { type CallHooks, lockedCall } from "../../turn/locked-call";
import { lockedStream } from "../../turn/locked-stream";
import { orderedBatch } from "./ordered-batch";
import { createFailureLog } from "./recorded-failures";
import { createRunConfigs, type RunConfig } from "./run-config";
import { type RunOptions, resolveRunOptions } from "./run-options";

/** An object that has runs: a runnable of LangChain, or a graph of LangGraph. */
export interface RunnableLike {
  invoke(input: never, config?: never): Promise<unknown>;
}

export interface RunKind {
  /** For errors. */
  readonly name: string;
  /** The part of `configurable` that names the conversation. */
  readonly id: string;
  /** Methods whose config comes first, and that write without being runs. */
  readonly writes?: readonly string[] | undefined;
  /** Version 3 of `streamEvents` returns a run, not a stream. The run is over when this settles. */
  readonly until?: ((run: unknown) => PromiseLike<unknown> | undefined) | undefined;
  /** Makes the locked runnable, and one for each runnable that is derived from it. */
  readonly prepare?: ((runnable: RunnableLike) => RunnableLike) | undefined;
}

type Method = (...args: unknown[]) => unknown;

/** Methods that return a result, or the promise of a stream. */
const promises = ["invoke", "stream"];
/** Methods that return a stream at once. */
const streams = ["transform", "streamEvents", "streamLog"];
/** Methods that return another runnable, whose runs are runs of this one or have them in it. */
const derivations = [
  "withConfig",
  "withRetry",
  "withFallbacks",
  "withListeners",
  "bind",
  "pipe",
  "assign",
  "pick",
  "map",
];

/**
 * Returns the runnable, whose runs hold the lock of their conversation until their result, or their stream, is over. A run's
 * `signal` ends the wait for the lock; the signal that the run gets also aborts when the lock is lost.
 */
export function lockedRunnable<R extends RunnableLike>(
  given: R,
  locker: Locker,
  options: RunOptions,
  kind: RunKind,
  inherited?: RunConfig["configurable"],
): R {
  const { name: who, id, writes = [], until, prepare } = kind;
  if (typeof given?.invoke !== "function") throw new TypeError(`${who} needs a runnable with a method invoke`);
  assertLocker(who, locker);
  const resolved = resolveRunOptions(options, id);
  const { how } = resolved;
  const runnable = (prepare?.(given) ?? given) as R & Record<string, Method>;
  const { configurableOf, keyOf, signalOf } = createRunConfigs(runnable, resolved, inherited);

  /** `args` are the arguments of the method: an input, a config and maybe more. */
  function run(key: string, name: string, args: unknown[], hooks?: CallHooks<unknown>): Promise<unknown> {
    const [input, given, ...more] = args;
    const config = given as RunConfig | undefined;
    return lockedCall(
      locker,
      key,
      { ...how, signal: signalOf(config) },
      ({ signal }) => runnable[name]!(input, { ...config, signal }, ...more),
      { ...hooks, log: createFailureLog(), inOrder: true },
    );
  }

  const replaced: Record<string, Method> = {};
  const replace = (names: readonly string[], by: (name: string) => Method) => {
    for (const name of names) if (typeof runnable[name] === "function") replaced[name] = by(name);
  };
  replace(
    promises,
    (name) =>
      async (...args) =>
        run(keyOf(args[1] as RunConfig | undefined), name, args),
  );
  replace(streams, (name) => (...args) => {
    const config = args[1] as RunConfig | undefined;
    const key = keyOf(config);
    if (config?.version === "v3") return run(key, name, args, { until });
    return lockedStream((cancelled) => run(key, name, args, { cancelled }) as Promise<AsyncIterable<unknown>>);
  });
  replace(writes, (name) => async (...args) => {
    const config = args[0] as RunConfig | undefined;
    return lockedCall(locker, keyOf(config), { ...how, signal: signalOf(config) }, () => runnable[name]!(...args));
  });
  const batch = orderedBatch(runnable, replaced.invoke!, keyOf);
  if (batch) replaced.batch = batch;
  // A tool calls the runnable that it was made of.
  replace(
    ["asTool"],
    (name) =>
      (...args) =>
        Reflect.apply(runnable[name]!, locked, args),
  );
  replace(derivations, (name) => (...args) => {
    const configurable = configurableOf(name === "withConfig" ? (args[0] as RunConfig | undefined) : undefined);
    return lockedRunnable(runnable[name]!(...args) as RunnableLike, locker, options, kind, configurable);
  });
  const locked = boundProxy<R>(runnable, replaced);
  return locked;
}
