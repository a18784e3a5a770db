import type { RedisConnection } from "@distlock/core";
import type { IoredisClient } from "./client";

/** The part of a client of our own that listening needs. */
interface Subscriber {
  readonly stream?: { unref?: () => unknown } | null;
  on(event: string, listener: (...args: string[]) => void): unknown;
  subscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}

/** Connects at once, never gives up, however slow the server is, and does not resubscribe by itself: we do, to know when. */
const settings = {
  lazyConnect: false,
  commandTimeout: undefined,
  autoResubscribe: false,
  maxRetriesPerRequest: null,
  retryStrategy: (tries: number) => Math.min(tries * 50, 1_000),
};

/**
 * Listens on a duplicate of the caller's client: a connection that has subscribed can't run scripts. A duplicate of a
 * `Cluster` keeps its subscription by itself when nodes change.
 */
export const subscribe = (
  client: IoredisClient,
  ...[channel, onMessage, onReset, signal]: Parameters<NonNullable<RedisConnection["subscribe"]>>
): Promise<() => Promise<void>> =>
  new Promise((resolve) => {
    type Duplicate = (...args: readonly unknown[]) => Subscriber;
    const duplicate = client.duplicate.bind(client) as Duplicate;
    const subscriber = client.isCluster ? duplicate([], {}) : duplicate(settings);
    const close = async () => subscriber.disconnect();
    signal.addEventListener("abort", close, { once: true });

    subscriber.on("error", () => {}); // the client's own connections report the same
    subscriber.on("connect", () => subscriber.stream?.unref?.());
    subscriber.on("message", (from, message) => {
      if (from === channel) onMessage(message!);
    });
    subscriber.on("ready", () => {
      subscriber.subscribe(channel).then(
        () => {
          onReset();
          resolve(close);
        },
        () => {}, // the connection was lost again: the next "ready" comes
      );
    });
  });
