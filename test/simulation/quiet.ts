import { channel } from "node:diagnostics_channel";

/**
 * Ignores the warnings of lockers, which are expected here, and turns off stack traces, which cost time and which nobody reads.
 * Returns a function that undoes both.
 */
export function quiet(): () => void {
  const warnings = channel("distlock:warning");
  const ignore = () => {};
  const { stackTraceLimit } = Error;
  warnings.subscribe(ignore);
  Error.stackTraceLimit = 0;
  return () => {
    warnings.unsubscribe(ignore);
    Error.stackTraceLimit = stackTraceLimit;
  };
}
