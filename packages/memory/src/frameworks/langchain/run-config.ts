import type { AsyncLocalStorage } from "node:async_hooks";

/** As much of a run's config as a lock needs. */
export interface RunConfig {
  configurable?: Record<string, unknown> | undefined;
  signal?: AbortSignal | undefined;
  version?: unknown;
}

const places = globalThis as { [name: symbol]: AsyncLocalStorage<{ extra?: Record<symbol, RunConfig> }> | undefined };

/**
 * The config of the run around the caller, which LangChain and LangGraph fall back on. They keep it in one place for all
 * copies of theirs (`AsyncLocalStorageProviderSingleton` of `@langchain/core/singletons`): so it needs no import of them.
 */
export const ambientConfig = (): RunConfig | undefined =>
  places[Symbol.for("ls:tracing_async_local_storage")]?.getStore?.()?.extra?.[Symbol.for("lc:child_config")];
