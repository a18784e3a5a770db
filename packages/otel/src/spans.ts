import type { Fact, LostFact, Observer, Operation } from "@distlock/core";
import { context, type Span, type Tracer, trace } from "@opentelemetry/api";
import { attributesAtEnd, attributesAtStart } from "./attributes";
import { createFailures } from "./failure";
import { encodeLink, linksOf } from "./holder-link";
import type { KeyTemplate } from "./key-template";
import { ATTRIBUTES as A } from "./names";

/** Which operations become spans. */
export interface SpanKinds {
  /** Default: true. */
  readonly acquire?: boolean | undefined;
  /** Default: true. */
  readonly hold?: boolean | undefined;
  /** Extensions that the code asks for; automatic extensions never become spans. Default: false. */
  readonly extend?: boolean | undefined;
  /** Default: true. */
  readonly release?: boolean | undefined;
}

export const SPAN_NAMES: Readonly<Record<Operation["name"], string>> = {
  acquire: "distlock.acquire",
  hold: "distlock.hold",
  extend: "distlock.extend",
  release: "distlock.release",
  forceRelease: "distlock.force_release",
  withLock: "distlock.withLock",
  turn: "distlock.turn",
};

interface SpanOptions {
  /** The tracer of an operation; `undefined`: no span. */
  readonly tracerOf: (operation: Operation) => Tracer | undefined;
  readonly kinds?: SpanKinds | undefined;
  readonly template?: KeyTemplate | undefined;
  /** Whether the tokens of locks have the context of the span of their acquire. */
  readonly linkHolders?: boolean | undefined;
}

const nameOf = (key: string, fence: number): string => `${fence} ${key}`;

/** Makes spans of operations. */
export function spanObserver({
  tracerOf,
  kinds = {},
  template,
  linkHolders = false,
}: SpanOptions): Required<Pick<Observer, "around" | "within" | "event" | "link">> {
  const { acquire = true, hold = true, extend = false, release = true } = kinds;
  const made = { acquire, hold, extend, release, forceRelease: true, withLock: true, turn: true };
  const fail = createFailures();
  /** The spans of operations that go on. */
  const open = new WeakMap<Operation, Span>();
  /** The spans of holds, by key and fence. */
  const holds = new Map<string, Span>();

  function start(operation: Operation): Span | undefined {
    if (!made[operation.name] || (operation.name === "extend" && operation.automatic)) return undefined;
    const attributes = attributesAtStart(operation, template);
    return tracerOf(operation)?.startSpan(SPAN_NAMES[operation.name], { attributes });
  }

  function begin(operation: Operation, span: Span): void {
    open.set(operation, span);
    if (operation.name !== "hold") return;
    operation.keys.forEach((key, i) => void holds.set(nameOf(key, operation.fences[i]!), span));
  }

  function end(operation: Operation, span: Span): void {
    span.setAttributes(attributesAtEnd(operation));
    if (operation.name === "acquire") for (const link of linksOf(operation)) span.addLink(link);
    span.end();
    if (operation.name !== "hold") return;
    operation.keys.forEach((key, i) => void holds.delete(nameOf(key, operation.fences[i]!)));
  }

  function lost({ key, fence, reason, error }: LostFact): void {
    const span = holds.get(nameOf(key, fence));
    span?.addEvent("distlock.lost", { [A.lostReason]: reason });
    if (span) fail(span, error);
  }

  return {
    async around(operation, next) {
      const span = start(operation);
      if (span === undefined) return next();
      begin(operation, span);
      try {
        await context.with(trace.setSpan(context.active(), span), next);
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        end(operation, span);
      }
    },
    within(operation, next) {
      const span = open.get(operation);
      return span ? context.with(trace.setSpan(context.active(), span), next) : next();
    },
    link(operation) {
      const span = open.get(operation);
      return linkHolders && span?.isRecording() ? encodeLink(span.spanContext()) : undefined;
    },
    event(fact: Fact) {
      if (fact.name === "lost") lost(fact);
    },
  };
}
