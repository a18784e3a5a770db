import { type Locker, observe } from "@distlock/core";
import { lockerIdentity } from "@distlock/core/driver";
import { type Tracer, trace } from "@opentelemetry/api";
import { name, version } from "../package.json";
import { inSilence } from "./background";
import { createSpans } from "./spans";

export interface TracedOptions {
  /** Makes the spans. Default: the tracer `@distlock/otel` of the registered provider. */
  tracer?: Tracer | undefined;
}

/** The tracers of the traced lockers, by the identity of the locker. */
const tracers = new WeakMap<object, Tracer>();
let isObserving = false;

/** The tracer of a locker, if it is traced by itself. */
export const tracerOfTraced = (owner: object | undefined): Tracer | undefined => owner && tracers.get(owner);

/**
 * Makes spans of the operations of one locker, as `instrument` does for all of them, and returns the locker. It is for a process that
 * traces some lockers only. No span carries a token.
 */
export function traced(locker: Locker, { tracer }: TracedOptions = {}): Locker {
  if (typeof locker?.withLock !== "function")
    throw new TypeError("traced needs a locker, such as createLocker(driver)");
  const owner = locker[lockerIdentity];
  if (owner === undefined)
    throw new TypeError("traced needs a locker with an identity: see lockerIdentity of @distlock/core/driver");
  tracers.set(owner, tracer ?? trace.getTracer(name, version));
  if (!isObserving) {
    isObserving = true;
    const { observer } = createSpans({ tracerOf: tracerOfTraced, kinds: { extend: true } });
    observe({ ...observer, background: inSilence });
  }
  return locker;
}
