import type { RedisConnection } from "@distlock/core";
import { type Duplicable, type Extras, isDuplicable, type Subscriber } from "./client";

/**
 * A connection to listen on, made like the caller's, that ends when it is lost. Nothing may be said there for long, which is
 * no reason to end it where silence is (`socketTimeout`), and no ping keeps the process alive.
 */
const duplicate = (client: Duplicable): Subscriber =>
  client.duplicate({
    socket: { ...client.options?.socket, reconnectStrategy: false, socketTimeout: undefined },
    pingInterval: undefined,
  });

/** Of a Cluster, where each node hears all messages, to any node that is ready; of what Sentinels watch, to the primary. */
async function newSubscriber(client: Extras): Promise<Subscriber> {
  if (isDuplicable(client)) return duplicate(client);
  if (client.execute) return client.execute(duplicate);
  const { masters } = client;
  if (!masters) return duplicate(await client._execute!(false, (primary) => primary));
  const ready = masters.filter((node) => node.client?.isReady);
  const among = ready.length > 0 ? ready : masters;
  return duplicate(await client.nodeClient!(among[Math.floor(Math.random() * among.length)]));
}

const isChangeOfPrimary = (event: unknown): boolean => (event as { type?: unknown }).type === "MASTER_CHANGE";

/** Listens on a connection of its own. */
export async function subscribe(
  client: Extras,
  ...[channel, onMessage, onEnd, signal]: Parameters<NonNullable<RedisConnection["subscribe"]>>
): Promise<() => Promise<void>> {
  const subscriber = await newSubscriber(client);
  const topology = isDuplicable(client) || client.execute ? undefined : client;
  let listens = false;
  let isClosed = false;

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    topology?.off?.("topology-change", moved);
    signal.removeEventListener("abort", close);
    try {
      if (subscriber.destroy) subscriber.destroy();
      else await subscriber.disconnect();
    } catch {} // it was closed already
  }
  function lost(): void {
    if (!listens || isClosed) return;
    void close();
    onEnd();
  }
  /** A primary that is frozen does not end its connections. */
  function moved(event: unknown): void {
    if (isChangeOfPrimary(event)) lost();
  }

  topology?.on?.("topology-change", moved);
  signal.addEventListener("abort", close);
  // Of a connection that does not reconnect it is the end; the client's own connections report the same.
  subscriber.on("error", lost);
  subscriber.unref();
  try {
    signal.throwIfAborted();
    await subscriber.connect();
    await subscriber.subscribe(channel, (message) => onMessage(String(message)));
    signal.throwIfAborted();
  } catch (error) {
    await close();
    throw error;
  }
  listens = true;
  return close;
}
