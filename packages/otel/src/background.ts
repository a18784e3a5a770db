import { context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";

/**
 * The key by which SDKs and instrumentations know that nothing is to be traced: `suppressTracing` of `@opentelemetry/core` sets
 * it. Keys are made by `Symbol.for`, so this is the same one.
 */
const SUPPRESS_TRACING = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

const silent = ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true);

/** Does work that belongs to no caller, so that an instrumented client makes no spans of its commands. */
export const inSilence = <T>(next: () => T): T => context.with(silent, next);
