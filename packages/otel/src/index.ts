export { type InstrumentOptions, instrument } from "./instrument";
export { type KeyTemplate, maskedKey } from "./key-template";
export type { LoggerProviderLike } from "./loss-log";
export type { SpanKinds } from "./spans";
export { type TracedOptions, traced } from "./traced";
