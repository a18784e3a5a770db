import type { Locker, LockOptions } from "@distlock/core";
import { assertLocker } from "../../support/assert-locker";
import { boundProxy } from "../../support/bound-proxy";
import { type CallOptions, resolveCallOptions } from "../../turn/call-options";
import { type CallEnds, lockedCall } from "../../turn/locked-call";
import { lockedStream } from "../../turn/locked-stream";
import { orderedBatch } from "./ordered-batch";
import { ambientConfig, type RunConfig } from "./run-config";
import { type Session, sessionKey } from "../../support/session-key";

/** What has runs: a runnable of LangChain, or a graph of LangGraph. */
export interface RunnableLike {
  invoke(input: never, config?: never): Promise<unknown>;
}

/** How the lock of a run is waited for and held; all times are in ms. */
export interface RunOptions extends CallOptions {
  /**
   * The conversation of a run, by its config: that of the call over that of the runnable. The default is a part of
   * `configurable`, which each adapter names.
   */
  session?: ((config: { readonly configurable: Readonly<Record<string, unknown>> }) => Session) | undefined;
  /** What is locked for a session: another key for each. Default `sessionKey`. */
  key?: ((session: Session) => string) | undefined;
}

export interface RunKind {
  /** For errors. */
  readonly name: string;
  /** The part of `configurable` that names the conversation. */
  readonly id: string;
  /** Methods whose config comes first, and that are no runs but write. */
  readonly writes?: readonly string[] | undefined;
  /** Of the runs that `streamEvents` gives as version 3: what settles when they are done, unless they are streams. */
  readonly until?: ((run: unknown) => PromiseLike<unknown> | undefined) | undefined;
  /** What is locked of a runnable, and of each that is derived from it. */
  readonly prepare?: ((runnable: RunnableLike) => RunnableLike) | undefined;
}

type Method = (...args: unknown[]) => unknown;

/** Methods that give a stream, or the promise of one. */
const laterStreams = ["stream"];
const streams = ["transform", "streamEvents", "streamLog"];
/** Methods that give another runnable, whose runs are those of this one or have them in it. */
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
 * The same runnable, whose runs hold the lock of their conversation: until their result, or their stream, is over. A run's
 * `signal` ends the wait for the lock; the run's own also aborts when the lock is lost.
 */
export function lockedRunnable<R extends RunnableLike>(
  given: R,
  locker: Locker,
  options: RunOptions,
  kind: RunKind,
  inherited?: RunConfig["configurable"],
): R {
  const { name: who, id, writes = [], until, prepare } = kind;
  if (typeof given?.invoke !== "function") throw new TypeError(`${who} needs something with invoke`);
  assertLocker(who, locker);
  const runnable = (prepare?.(given) ?? given) as R;
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { session = defaultSession, key = sessionKey, ...rest } = options;
  if (typeof session !== "function")
    throw new TypeError(`session must be a function of the config, got ${typeof session}`);
  if (typeof key !== "function") throw new TypeError(`key must be a function of the session, got ${typeof key}`);
  const how: LockOptions = resolveCallOptions(rest);

  function defaultSession({ configurable }: { readonly configurable: Readonly<Record<string, unknown>> }): Session {
    const given = configurable[id];
    if (typeof given === "string" && given !== "") return given;
    throw new TypeError(`config.configurable.${id} must be a string, and not empty: it names what is locked`);
  }
  const own = (): RunConfig | undefined => (runnable as { config?: RunConfig }).config;
  const configurableOf = (config?: RunConfig) => ({
    ...inherited,
    ...own()?.configurable,
    ...config?.configurable,
  });
  function keyFor(config: RunConfig | undefined): string {
    const configurable = configurableOf(config);
    const none = Object.keys(configurable).length === 0;
    return key(session({ ...config, configurable: (none && ambientConfig()?.configurable) || configurable }));
  }
  /** The run's own, which ours would else take the place of. */
  const signalOf = (config?: RunConfig) => config?.signal ?? own()?.signal ?? ambientConfig()?.signal;
  const methods = runnable as unknown as Record<string, Method>;
  const run =
    (name: string, input: unknown, config: RunConfig | undefined, more: unknown[], ends: CallEnds<unknown> = {}) =>
    (key: string) =>
      lockedCall(
        locker,
        key,
        { ...how, signal: signalOf(config) },
        ({ signal }) => methods[name]!(input, { ...config, signal }, ...more),
        { ...ends, failures: [], inOrder: true },
      );

  const replaced: Record<string, Method> = {};
  const replace = (names: readonly string[], by: (name: string) => Method) => {
    for (const name of names) if (typeof methods[name] === "function") replaced[name] = by(name);
  };
  replace(["invoke", ...laterStreams], (name) => async (input, config, ...more) => {
    const given = config as RunConfig | undefined;
    return run(name, input, given, more)(keyFor(given));
  });
  replace(streams, (name) => (input, config, ...more) => {
    const given = config as RunConfig | undefined;
    const key = keyFor(given);
    if (given?.version === "v3") return run(name, input, given, more, { until })(key);
    return lockedStream(
      (cancelled) => run(name, input, given, more, { cancelled })(key) as Promise<AsyncIterable<unknown>>,
    );
  });
  replace(writes, (name) => async (config, ...more) => {
    const given = config as RunConfig | undefined;
    return lockedCall(locker, keyFor(given), { ...how, signal: signalOf(given) }, () =>
      methods[name]!(config, ...more),
    );
  });
  const batch = orderedBatch(runnable, replaced.invoke!, keyFor);
  if (batch) replaced.batch = batch;
  // A tool calls what it was made of.
  replace(
    ["asTool"],
    (name) =>
      (...args) =>
        Reflect.apply(methods[name]!, locked, args),
  );
  replace(derivations, (name) => (...args) => {
    const configurable = configurableOf(name === "withConfig" ? (args[0] as RunConfig | undefined) : undefined);
    return lockedRunnable(methods[name]!(...args) as RunnableLike, locker, options, kind, configurable);
  });
  const locked = boundProxy(runnable, replaced);
  return locked;
}
