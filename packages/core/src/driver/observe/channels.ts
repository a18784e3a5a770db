// Tested by packages/core/test/observe.test.ts
import { channel, type TracingChannel, tracingChannel } from "node:diagnostics_channel";
import type { Operation } from "./operation";

/** The names of the diagnostics channels. The first five are tracing channels. */
export const CHANNELS = {
  /** An `AcquireOperation`. */
  acquire: "distlock:acquire",
  /** A `HoldOperation`. */
  hold: "distlock:hold",
  /** An `ExtendOperation`. */
  extend: "distlock:extend",
  /** A `ReleaseOperation`. */
  release: "distlock:release",
  /** A `ForceReleaseOperation`. */
  forceRelease: "distlock:force_release",
  /** A `LostFact`. */
  lost: "distlock:lost",
  /** A `QueueFact`. */
  queue: "distlock:queue",
  /** A `LockError` that has no caller left to reject. */
  warning: "distlock:warning",
} as const;

const tracing: Readonly<Partial<Record<Operation["name"], TracingChannel<Operation>>>> = {
  acquire: tracingChannel(CHANNELS.acquire),
  hold: tracingChannel(CHANNELS.hold),
  extend: tracingChannel(CHANNELS.extend),
  release: tracingChannel(CHANNELS.release),
  forceRelease: tracingChannel(CHANNELS.forceRelease),
};

export const points = {
  lost: channel(CHANNELS.lost),
  queue: channel(CHANNELS.queue),
  warning: channel(CHANNELS.warning),
};

/** How the channel of an operation shows it. */
export interface Publication {
  /** Publishes the start, and begins the work with the stores that are bound to it. */
  start<T>(work: () => T): T;
  end(failure: { readonly error: unknown } | undefined): void;
}

/** As `TracingChannel.tracePromise`, without the result of the work. */
export function publication(operation: Operation): Publication | undefined {
  const channels = subscribed(operation.name);
  if (channels === undefined) return undefined;
  return {
    start(work) {
      try {
        return channels.start.runStores(operation, work);
      } finally {
        channels.end.publish(operation);
      }
    },
    end(failure) {
      if (failure) {
        Object.assign(operation, failure);
        channels.error.publish(operation);
      }
      channels.asyncStart.publish(operation);
      channels.asyncEnd.publish(operation);
    },
  };
}

/** The channel of the operation, if anybody has subscribed to it. `TracingChannel.hasSubscribers` came with Node 20.13. */
export function subscribed(name: Operation["name"]): TracingChannel<Operation> | undefined {
  const all = tracing[name];
  if (all === undefined) return undefined;
  const { start, end, asyncStart, asyncEnd, error } = all;
  const isSubscribed =
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers;
  return isSubscribed ? all : undefined;
}
