import type { RedisConnection } from "@distlock/core";
import type { IoredisClient } from "./client";

/** The part of a client of our own that listening needs. */
interface Subscriber {
  readonly stream?: { unref?: () => unknown } | null;
  on(event: string, listener: (...args: string[]) => void): unknown;
  subscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}

/** One connection, of which another one can be made. */
interface Node {
  duplicate(settings: object): Subscriber;
}

/** What only a `Cluster` has. */
interface Cluster {
  nodes(): Node[];
  on(event: "-node", listener: (node: Node) => void): unknown;
  off(event: "-node", listener: (node: Node) => void): unknown;
}

const delay = (tries: number): number => Math.min(tries * 50, 1_000);

/** Connects at once, never gives up, however slow the server is, and does not resubscribe by itself: we do, to know when. */
const settings = {
  lazyConnect: false,
  commandTimeout: undefined,
  autoResubscribe: false,
  maxRetriesPerRequest: null,
  retryStrategy: delay,
};

/**
 * Listens on a duplicate of the caller's client: a connection that has subscribed can't run scripts. Of a `Cluster`, where
 * each node hears all messages, on a duplicate of the connection to one node, and after its loss to another one: the
 * `Cluster` itself would tell nobody that messages may have been lost.
 */
export const subscribe = (
  client: IoredisClient,
  ...[channel, onMessage, onReset, signal]: Parameters<NonNullable<RedisConnection["subscribe"]>>
): Promise<() => Promise<void>> =>
  new Promise((resolve) => {
    const cluster = client.isCluster ? (client as unknown as Cluster) : undefined;
    let node: Node | undefined;
    let subscriber: Subscriber | undefined;
    let closed = false;
    let tries = 0;
    let timer: NodeJS.Timeout | undefined;

    const close = async () => {
      closed = true;
      clearTimeout(timer);
      cluster?.off("-node", leave);
      subscriber?.disconnect();
    };
    const again = () => {
      tries++;
      if (!closed) timer = setTimeout(open, delay(tries)).unref();
    };
    /** A node that is frozen does not end its connections. */
    function leave(gone: Node): void {
      if (gone === node) subscriber?.disconnect();
    }

    function open(): void {
      const nodes = cluster ? cluster.nodes() : [client as unknown as Node];
      node = nodes[Math.floor(Math.random() * nodes.length)];
      if (!node) {
        again();
        return;
      }
      const opened = node.duplicate(cluster ? { ...settings, retryStrategy: null } : settings);
      subscriber = opened;
      opened.on("error", () => {}); // the client's own connections report the same
      opened.on("connect", () => opened.stream?.unref?.());
      opened.on("message", (from, message) => {
        if (from === channel) onMessage(message!);
      });
      opened.on("ready", () => {
        opened.subscribe(channel).then(
          () => {
            tries = 0;
            onReset();
            resolve(close);
          },
          () => {}, // the connection was lost again: the next "ready" comes
        );
      });
      if (cluster) opened.on("end", again);
    }

    signal.addEventListener("abort", close, { once: true });
    cluster?.on("-node", leave);
    open();
  });
