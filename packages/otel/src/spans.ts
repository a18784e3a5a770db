import type { Fact, LostFact, Observer, Operation } from "@distlock/core";
import { type Context, context, type Span, type Tracer, trace } from "@opentelemetry/api";
import { attributesAtEnd, attributesAtStart } from "./attributes";
import { createFailures } from "./failure";
import { encodeLink, linksOf } from "./holder-link";
import type { KeyTemplate } from "./key-template";

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
  once: "distlock.once",
  turn: "distlock.turn",
};

interface SpanOptions {
  /** The tracer of a locker's operations, by the identity of the locker; `undefined`: no span. */
  readonly tracerOf: (owner: object | undefined) => Tracer | undefined;
  readonly kinds?: SpanKinds | undefined;
  readonly template?: KeyTemplate | undefined;
  /** Whether the tokens of locks have the context of the span of their acquire. */
  readonly linkHolders?: boolean | undefined;
}

/** A span that is not ended, the context around it, and the context in which it is active. */
interface Open {
  readonly span: Span;
  readonly around: Context;
  readonly within: Context;
}

export interface Spans {
  readonly observer: Required<Pick<Observer, "begin" | "end" | "within" | "event" | "link">>;
  /** The context of the operation's span, until that ends; else the active one. */
  contextOf(operation: Operation): Context;
}

const nameOf = (key: string, fence: number): string => `${fence} ${key}`;

/** Makes spans of operations. */
export function createSpans({ tracerOf, kinds = {}, template, linkHolders = false }: SpanOptions): Spans {
  const { acquire = true, hold = true, extend = false, release = true } = kinds;
  const made = { acquire, hold, extend, release, forceRelease: true, withLock: true, once: true, turn: true };
  const fail = createFailures();
  const open = new Map<Operation, Open>();
  /** The spans of holds, by key and fence. */
  const holds = new Map<string, Span>();

  function start(operation: Operation, owner: object | undefined): Span | undefined {
    if (!made[operation.name] || (operation.name === "extend" && operation.automatic)) return undefined;
    const attributes = attributesAtStart(operation, template);
    return tracerOf(owner)?.startSpan(SPAN_NAMES[operation.name], { attributes });
  }

  function lost({ key, fence, reason, error }: LostFact): void {
    const span = holds.get(nameOf(key, fence));
    span?.addEvent("distlock.lost", { "distlock.lost.reason": reason });
    if (span) fail(span, error);
  }

  return {
    contextOf: (operation) => open.get(operation)?.within ?? context.active(),
    observer: {
      begin(operation, owner) {
        const span = start(operation, owner);
        if (span === undefined) return;
        const around = context.active();
        open.set(operation, { span, around, within: trace.setSpan(around, span) });
        if (operation.name !== "hold") return;
        operation.keys.forEach((key, i) => void holds.set(nameOf(key, operation.fences[i]!), span));
      },
      within(operation, next) {
        const own = open.get(operation);
        if (own === undefined) return next();
        const active = context.active();
        return context.with(active === own.around ? own.within : trace.setSpan(active, own.span), next);
      },
      end(operation, failure) {
        const span = open.get(operation)?.span;
        if (span === undefined) return;
        open.delete(operation);
        if (failure) fail(span, failure.error);
        span.setAttributes(attributesAtEnd(operation));
        if (operation.name === "acquire") for (const link of linksOf(operation)) span.addLink(link);
        span.end();
        if (operation.name !== "hold") return;
        operation.keys.forEach((key, i) => void holds.delete(nameOf(key, operation.fences[i]!)));
      },
      link(operation) {
        const span = open.get(operation)?.span;
        return linkHolders && span?.isRecording() ? encodeLink(span.spanContext()) : undefined;
      },
      event(fact: Fact) {
        if (fact.name === "lost") lost(fact);
      },
    },
  };
}
