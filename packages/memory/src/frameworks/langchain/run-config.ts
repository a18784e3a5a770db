import type { AsyncLocalStorage } from "node:async_hooks";
import type { ResolvedRunOptions } from "./run-options";

/** As much of a run's config as a lock needs. */
export interface RunConfig {
  configurable?: Record<string, unknown> | undefined;
  signal?: AbortSignal | undefined;
  version?: unknown;
}

const places = globalThis as { [name: symbol]: AsyncLocalStorage<{ extra?: Record<symbol, RunConfig> }> | undefined };

/**
 * The config of the run around the caller, which LangChain and LangGraph fall back on. They keep it in one place for all
 * copies of theirs (`AsyncLocalStorageProviderSingleton` of `@langchain/core/singletons`), so this needs no import of them.
 */
const ambientConfig = (): RunConfig | undefined =>
  places[Symbol.for("ls:tracing_async_local_storage")]?.getStore?.()?.extra?.[Symbol.for("lc:child_config")];

/** The config of a run, together with the config of its runnable and of the run around it. */
export interface RunConfigs {
  configurableOf(config?: RunConfig): Record<string, unknown>;
  /** The key of the run's lock. Throws `TypeError` for a run that names no conversation. */
  keyOf(config: RunConfig | undefined): string;
  /** The run's own signal; the signal of the lock would otherwise replace it. */
  signalOf(config: RunConfig | undefined): AbortSignal | undefined;
}

/** `inherited` is the `configurable` of the runnable that this one was derived from. */
export function createRunConfigs(
  runnable: object,
  { session, key }: ResolvedRunOptions,
  inherited: RunConfig["configurable"],
): RunConfigs {
  const own = (): RunConfig | undefined => (runnable as { config?: RunConfig }).config;
  const configurableOf = (config?: RunConfig) => ({
    ...inherited,
    ...own()?.configurable,
    ...config?.configurable,
  });
  return {
    configurableOf,
    keyOf(config) {
      const configurable = configurableOf(config);
      const none = Object.keys(configurable).length === 0;
      return key(session({ ...config, configurable: (none && ambientConfig()?.configurable) || configurable }));
    },
    signalOf: (config) => config?.signal ?? own()?.signal ?? ambientConfig()?.signal,
  };
}
