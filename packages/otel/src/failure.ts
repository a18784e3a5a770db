import { LockError } from "@distlock/core";
import { type Span, SpanStatusCode } from "@opentelemetry/api";

/** The value of `error.type`: the code of a `LockError`, else the name of the error. */
export const errorTypeOf = (error: unknown): string => {
  if (LockError.is(error)) return error.code;
  return error instanceof Error ? error.name || "Error" : typeof error;
};

/** A value that is not an Error may hold anything, even a token: only a string is recorded as it is. */
const exceptionOf = (error: unknown): { readonly name: string; readonly message: string; readonly stack?: string } => {
  if (error instanceof Error) return error;
  return { name: typeof error, message: typeof error === "string" ? error : "not an Error" };
};

/** Records errors at spans, each exception once: at the innermost span. */
export function createFailures(): (span: Span, error: unknown) => void {
  const recorded = new WeakSet<object>();

  return (span, error) => {
    const exception = exceptionOf(error);
    const isNew = typeof error !== "object" || error === null || !recorded.has(error);
    if (isNew) span.recordException(exception);
    if (typeof error === "object" && error !== null) recorded.add(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
    span.setAttribute("error.type", errorTypeOf(error));
  };
}
