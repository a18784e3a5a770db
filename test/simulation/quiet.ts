import { channel } from "node:diagnostics_channel";

/** Warnings of lockers are expected here, and traces of errors that nobody reads cost time. Returns what undoes this. */
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
