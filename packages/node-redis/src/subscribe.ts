import type { RedisConnection } from "@distlock/core";
import { type Extras, isDuplicable } from "./client";
import { type Own, own } from "./own";

/** Of a Cluster, where each node hears all messages, to any node that is ready; of what Sentinels watch, to the primary. */
async function newSubscriber(client: Extras): Promise<Own> {
  if (isDuplicable(client)) return own(client);
  if (client.execute) return client.execute(own);
  const { masters } = client;
  if (!masters) return own(await client._execute!(false, (primary) => primary));
  const ready = masters.filter((node) => node.client?.isReady);
  const among = ready.length > 0 ? ready : masters;
  return own(await client.nodeClient!(among[Math.floor(Math.random() * among.length)]));
}

const isChangeOfPrimary = (event: unknown): boolean => (event as { type?: unknown }).type === "MASTER_CHANGE";

/** Listens on a connection of its own. */
export async function subscribe(
  client: Extras,
  ...[channel, onMessage, onEnd, signal]: Parameters<NonNullable<RedisConnection["subscribe"]>>
): Promise<() => Promise<void>> {
  const { opened: subscriber, end } = await newSubscriber(client);
  const topology = isDuplicable(client) || client.execute ? undefined : client;
  let listens = false;
  let isClosed = false;

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    topology?.off?.("topology-change", moved);
    signal.removeEventListener("abort", close);
    await end();
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
