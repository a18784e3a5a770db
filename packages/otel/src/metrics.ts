import type { ExtendOperation, Fact, Observer, Operation, QueueFact } from "@distlock/core";
import type { Attributes, Context, Meter } from "@opentelemetry/api";
import { errorTypeOf } from "./failure";

/** In seconds. */
const SHORT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const LONG = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600];

const histogram = (meter: Meter, name: string, unit: string, explicitBucketBoundaries: number[], description: string) =>
  meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries } });

function instrumentsOf(meter: Meter) {
  return {
    acquire: histogram(meter, "distlock.acquire.duration", "s", SHORT, "From the call for a lock to its outcome."),
    hold: histogram(meter, "distlock.hold.duration", "s", LONG, "From the grant of a lock to its end."),
    extend: histogram(meter, "distlock.extend.duration", "s", SHORT, "From an extension to its reply."),
    ahead: histogram(
      meter,
      "distlock.wait.ahead",
      "{waiter}",
      [0, 1, 2, 5, 10, 20, 50, 100, 500],
      "How many waiters are ahead of a call that enters a queue.",
    ),
    margin: histogram(
      meter,
      "distlock.lease.margin",
      "1",
      [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1],
      "The share of a lease that is left when its extension is answered. It falls before the first lock is lost.",
    ),
    held: meter.createUpDownCounter("distlock.lock.held", { unit: "{lock}", description: "Locks that are held." }),
    waiters: meter.createUpDownCounter("distlock.waiter.count", {
      unit: "{waiter}",
      description: "Calls that wait in a queue.",
    }),
    lost: meter.createCounter("distlock.lock.lost", { unit: "{lock}", description: "Locks that were lost." }),
    failures: meter.createCounter("distlock.command.failures", {
      unit: "{command}",
      description: "Commands that failed or were refused.",
    }),
  };
}

interface MetricsOptions {
  /** An attribute of all metrics but the failures; nothing else of a key is recorded. */
  readonly template: ((key: string) => string) | undefined;
  /** The context of an operation, so that an SDK with exemplars finds its span. */
  readonly contextOf: (operation: Operation) => Context;
}

/** Counts and measures operations. */
export function metricsObserver(
  meter: Meter,
  { template, contextOf }: MetricsOptions,
): Required<Pick<Observer, "begin" | "end" | "event">> {
  const instruments = instrumentsOf(meter);
  const extensions = new WeakMap<ExtendOperation, number>();
  const of = (key: string, attributes: Attributes = {}): Attributes =>
    template ? { ...attributes, "distlock.lock.key_template": template(key) } : attributes;
  const withFailure = (attributes: Attributes, failure: { readonly error: unknown } | undefined): Attributes =>
    failure ? { ...attributes, "error.type": errorTypeOf(failure.error) } : attributes;

  function extended(operation: ExtendOperation, failure: { readonly error: unknown } | undefined, at: Context): void {
    const { keys, outcome, automatic, left, ttl } = operation;
    const took = performance.now() - (extensions.get(operation) ?? performance.now());
    instruments.extend.record(took / 1_000, of(keys[0]!, withFailure({ "distlock.outcome": outcome }, failure)), at);
    // An extension by the code may be to another length, and at any time.
    if (automatic && outcome === "held" && left !== undefined) instruments.margin.record(left / ttl, of(keys[0]!), at);
  }

  function queue({ key, event, ahead = 0 }: QueueFact): void {
    instruments.waiters.add(event === "entered" ? 1 : -1, of(key));
    if (event === "entered") instruments.ahead.record(ahead, of(key));
  }

  return {
    begin(operation) {
      if (operation.name === "hold") instruments.held.add(1, of(operation.keys[0]!), contextOf(operation));
      else if (operation.name === "extend") extensions.set(operation, performance.now());
    },
    end(operation, failure) {
      const at = contextOf(operation);
      if (operation.name === "acquire") {
        const { keys, outcome, wait, waited = 0, handedOver } = operation;
        const way: Attributes = {
          "distlock.outcome": outcome,
          "distlock.wait.mode": wait,
          ...(handedOver && { "distlock.handed_over": true }),
        };
        const attributes = of(keys[0]!, withFailure(way, failure));
        instruments.acquire.record(waited / 1_000, attributes, at);
      } else if (operation.name === "hold") {
        const { keys, end, held = 0 } = operation;
        instruments.held.add(-1, of(keys[0]!), at);
        instruments.hold.record(held / 1_000, of(keys[0]!, { "distlock.end": end }), at);
      } else if (operation.name === "extend") extended(operation, failure, at);
    },
    event(fact: Fact) {
      switch (fact.name) {
        case "lost":
          instruments.lost.add(1, of(fact.key, { "distlock.lost.reason": fact.reason }));
          break;
        case "queue":
          queue(fact);
          break;
        case "failure":
          instruments.failures.add(1, { "distlock.verb": fact.verb, "error.type": errorTypeOf(fact.error) });
      }
    },
  };
}
