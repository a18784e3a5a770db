import type { RedisConnection } from "@distlock/core/driver";
import type { IoredisClient } from "./client";
import { asCluster, asSingle, type SingleClient } from "./client-internals";

/**
 * It connects at once, and ends with its connection. It sends the server nothing but SUBSCRIBE, since the user may have few
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
 * Listens on a duplicate of the caller's client, since a connection that has subscribed can't run scripts. Every node of a
 * Cluster gets all messages, so there it duplicates the connection to any node.
 */
export const subscribe = (
  client: IoredisClient,
  ...[channel, onMessage, onEnd, signal]: Parameters<NonNullable<RedisConnection["subscribe"]>>
): Promise<() => Promise<void>> =>
  new Promise((resolve, reject) => {
    const cluster = asCluster(client);
    const nodes = cluster?.nodes() ?? [asSingle(client)];
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
    /** A frozen node does not end its connections. */
    function leave(removed: SingleClient): void {
      if (removed === node) opened.disconnect();
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
