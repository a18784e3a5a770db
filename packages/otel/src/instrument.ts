import { type Observer, observe } from "@distlock/core";
import { type MeterProvider, metrics, type TracerProvider, trace } from "@opentelemetry/api";
import { name, version } from "../package.json";
import { inSilence } from "./background";
import { boundedTemplate, type KeyTemplate } from "./key-template";
import { type LoggerProviderLike, lossLog } from "./loss-log";
import { metricsObserver } from "./metrics";
import { createSpans, type SpanKinds } from "./spans";
import { tracerOfTraced } from "./traced";

export interface InstrumentOptions {
  /** Default: the registered provider. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Default: the registered provider. */
  readonly meterProvider?: MeterProvider | undefined;
  /** If it is given, each lost lock is a log record, too. */
  readonly loggerProvider?: LoggerProviderLike | undefined;
  /**
   * Names many keys as one. The name is the attribute `distlock.lock.key_template` of metrics then, with at most 100 values; further
   * ones are `"_other"`. Default: no such attribute. See `maskedKey`.
   */
  readonly keyTemplate?: KeyTemplate | undefined;
  readonly spans?: SpanKinds | undefined;
  /**
   * Links the span of a call that found a lock held to the span of the holder's call, also in another process. The context of that span is then a part
   * of the lock's token: 34 characters that everybody who can read the key can read. Default: false.
   */
  readonly linkHolders?: boolean | undefined;
}

const PLACE = Symbol.for("distlock.otel.1");
const shared = globalThis as { [PLACE]?: Disposable };

/**
 * Makes spans and metrics of all lockers of the process, those that exist too. Call it once; a second call takes the place of the first.
 * Disposing of the result ends it: what has begun until then is recorded to its end.
 */
export function instrument(options: InstrumentOptions = {}): Disposable {
  const { tracerProvider = trace, meterProvider = metrics, loggerProvider, keyTemplate, spans, linkHolders } = options;
  if (keyTemplate !== undefined && typeof keyTemplate !== "function") {
    throw new TypeError(`keyTemplate must be a function of a key, got ${typeof keyTemplate}`);
  }
  const template = keyTemplate && boundedTemplate(keyTemplate);
  const tracer = tracerProvider.getTracer(name, version);
  // A traced locker has spans of its own.
  const tracerOf = (owner: object | undefined) => (tracerOfTraced(owner) ? undefined : tracer);
  const { observer, contextOf } = createSpans({ tracerOf, kinds: spans, template, linkHolders });
  const observers: Observer[] = [
    // First, so that a measurement at the end of an operation finds its span.
    metricsObserver(meterProvider.getMeter(name, version), { template, contextOf }),
    { ...observer, background: inSilence },
  ];
  if (loggerProvider) observers.push({ event: lossLog(loggerProvider, name, version) });

  shared[PLACE]?.[Symbol.dispose]();
  const added = observers.map(observe);
  const own: Disposable = {
    [Symbol.dispose]() {
      for (const each of added) each[Symbol.dispose]();
      if (shared[PLACE] === own) delete shared[PLACE];
    },
  };
  shared[PLACE] = own;
  return own;
}
