import { type Driver, inProcessDriver } from "@distlock/core";
import { context, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect } from "vitest";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** The real SDK, keeping what it is given; and a driver that makes a span for each command, as instrumented clients do. */
export function createRecorder() {
  const exporter = new InMemorySpanExporter();
  const all: ReadableSpan[] = [];
  const tokens = new Set<string>();
  // Test files share a process, and a locker of another file may still be at work: it has other keys.
  const isOwn = ({ attributes }: ReadableSpan) => {
    const key = attributes["distlock.lock.key"] ?? (attributes["distlock.lock.keys"] as string[] | undefined)?.[0];
    return key === undefined || String(key).startsWith("order:");
  };
  const started = () => all.filter(isOwn);
  const ended = () => exporter.getFinishedSpans().filter(isOwn);
  const provider = new BasicTracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor(exporter),
      {
        onStart: (span) => void all.push(span),
        onEnd: () => {},
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  const tracer: Tracer = provider.getTracer("test");

  function instrumented(driver: Driver = inProcessDriver()): Driver {
    async function command<T>(name: string, answer: () => Promise<T>): Promise<T> {
      const span = tracer.startSpan(`command ${name}`);
      try {
        return await answer();
      } finally {
        span.end();
      }
    }
    return {
      acquire(request, call) {
        tokens.add(request.token);
        return command("acquire", () => driver.acquire(request, call));
      },
      extend: (request) => command("extend", () => driver.extend(request)),
      release: (request) => command("release", () => driver.release(request)),
      transfer(request) {
        tokens.add(request.to);
        return command("transfer", () => driver.transfer!(request));
      },
      inspect: (key) => driver.inspect(key),
      forceRelease: (key) => driver.forceRelease(key),
      queue: driver.queue,
    };
  }

  return {
    provider,
    tracer,
    instrumented,
    /** The names of all spans in the order of their start, each as far to the right as it has ancestors. */
    tree(): string[] {
      const depth = (span: ReadableSpan): number => {
        const id = span.parentSpanContext?.spanId;
        const parent = started().find((each) => each.spanContext().spanId === id);
        expect(id === undefined || parent !== undefined).toBe(true);
        return parent === undefined ? 0 : depth(parent) + 1;
      };
      return started().map((span) => "  ".repeat(depth(span)) + span.name);
    },
    /** All ended spans of this name. */
    all: (name: string): ReadableSpan[] => ended().filter((span) => span.name === name),
    /** The one ended span of this name. */
    one(name: string): ReadableSpan {
      const [span, ...more] = this.all(name);
      expect(more).toEqual([]);
      expect(span).toBeDefined();
      return span!;
    },
    /** What must be true of every trace: each span ended once, and none carries a token. */
    check(): void {
      const finished = ended();
      const idsOf = (spans: readonly ReadableSpan[]) =>
        spans.map((span) => `${span.name} ${span.spanContext().spanId}`);
      expect(idsOf(finished).sort()).toEqual(idsOf(started()).sort());
      const told = JSON.stringify(
        finished.map(({ name, attributes, events, status, links, resource }) => [
          name,
          attributes,
          events,
          status,
          links,
          resource.attributes,
        ]),
      );
      for (const token of tokens) expect(told).not.toContain(token);
    },
  };
}

export function expectGood(span: ReadableSpan): void {
  expect(span.status.code).toBe(SpanStatusCode.UNSET);
  expect(span.attributes).not.toHaveProperty("error.type");
  expect(span.events).toEqual([]);
}

export function expectFailed(span: ReadableSpan, type: string, message: string): void {
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message });
  expect(span.attributes["error.type"]).toBe(type);
  expect(span.events.map(({ name }) => name)).toEqual(["exception"]);
  expect(span.events[0]!.attributes!["exception.message"]).toBe(message);
}
