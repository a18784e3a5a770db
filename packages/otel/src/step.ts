import { LockError } from "@distlock/core";
import { type Attributes, type Context, context, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";

/** A span that is under way. */
export interface Step {
  /** In which spans are children of this one. */
  readonly context: Context;
  set(attributes: Attributes): void;
  fail(error: unknown): void;
  end(): void;
  /** The whole step: the call is made in its context, its rejection handed to `failed`; it ends when that settles. */
  run<T>(call: () => Promise<T>, failed?: (step: Step, error: unknown) => void): Promise<T>;
}

/** Without a parent the step belongs to the active span. */
export type Begin = (name: string, attributes: Attributes, parent?: Context) => Step;

export function createBegin(tracer: Tracer): Begin {
  return (name, attributes, parent = context.active()) => {
    const span = tracer.startSpan(name, { attributes }, parent);
    const step: Step = {
      context: trace.setSpan(parent, span),
      set(more) {
        span.setAttributes(more);
      },
      fail(error) {
        // A value that is not an Error may hold anything, even a token: only a string is recorded as it is.
        const exception =
          error instanceof Error
            ? error
            : { name: typeof error, message: typeof error === "string" ? error : "not an Error" };
        span.recordException(exception);
        span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
        span.setAttribute("error.type", LockError.is(error) ? error.code : exception.name);
      },
      end() {
        span.end();
      },
      async run(call, failed = (_, error) => step.fail(error)) {
        try {
          return await context.with(step.context, call);
        } catch (error) {
          failed(step, error);
          throw error;
        } finally {
          step.end();
        }
      },
    };
    return step;
  };
}
