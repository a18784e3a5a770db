import type { RedisConnection } from "@distlock/core";
import type { IoredisClient } from "./client";

/** The part of a client of our own that listening needs. */
interface Subscriber {
  readonly stream?: { unref?: () => unknown } | null;
  on(event: string, listener: (...args: never[]) => void): unknown;
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

/**
 * Connects at once, and ends with its connection. It asks the server nothing but to subscribe, since the user may have few
 * rights.
 */
const settings = {
  lazyConnect: false,
  enableReadyCheck: false,
  commandTimeout: undefined,
  autoResubscribe: false,
  maxRetriesPerRequest: null,
  retryStrategy: null,
};

/**
 * Listens on a duplicate of the caller's client, since a connection that has subscribed can't run scripts. Of a `Cluster`, where
 * each node hears all messages, on a duplicate of the connection to any node.
 */
export const subscribe = (
  client: IoredisClient,
  ...[channel, onMessage, onEnd, signal]: Parameters<NonNullable<RedisConnection["subscribe"]>>
): Promise<() => Promise<void>> =>
  new Promise((resolve, reject) => {
    const cluster = client.isCluster ? (client as unknown as Cluster) : undefined;
    const nodes = cluster ? cluster.nodes() : [client as unknown as Node];
    const node = nodes[Math.floor(Math.random() * nodes.length)];
    if (!node) throw new Error("the Cluster knows no node");
    const opened = node.duplicate(settings);
    let failure = new Error("the connection was closed");
    let listens = false;
    let isClosed = false;

    const unref = () => void opened.stream?.unref?.();
    async function close(): Promise<void> {
      isClosed = true;
      opened.disconnect();
    }
    /** A node that is frozen does not end its connections. */
    function leave(gone: Node): void {
      if (gone === node) opened.disconnect();
    }
    function fail(error: Error): void {
      failure = error;
      opened.disconnect();
    }

    cluster?.on("-node", leave);
    signal.addEventListener("abort", close, { once: true });
    setImmediate(unref); // while it connects
    opened.on("connect", unref);
    opened.on("error", (error: Error) => {
      failure = error; // the client's own connections report the same
    });
    opened.on("message", (from: string, message: string) => {
      if (from === channel) onMessage(message);
    });
    opened.on("ready", () => {
      opened.subscribe(channel).then(() => {
        listens = true;
        resolve(close);
      }, fail);
    });
    opened.on("end", () => {
      cluster?.off("-node", leave);
      signal.removeEventListener("abort", close);
      if (!listens) reject(failure);
      else if (!isClosed) onEnd();
    });
  });
