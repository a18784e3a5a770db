import type { RedisConnection } from "@distlock/core/driver";
import { type AnyNodeRedisClient, isSingle } from "./client-internals";
import { type DedicatedConnection, dedicatedConnection } from "./dedicated-connection";

/** Goes to any ready node of a Cluster, where every node gets all messages, and to the primary that Sentinels watch. */
async function newSubscriber(client: AnyNodeRedisClient): Promise<DedicatedConnection> {
  if (isSingle(client)) return dedicatedConnection(client);
  if (client.execute) return client.execute(dedicatedConnection);
  const { masters } = client;
  if (!masters) return dedicatedConnection(await client._execute!(false, (primary) => primary));
  const ready = masters.filter((node) => node.client?.isReady);
  const among = ready.length > 0 ? ready : masters;
  return dedicatedConnection(await client.nodeClient!(among[Math.floor(Math.random() * among.length)]));
}

const isChangeOfPrimary = (event: unknown): boolean => (event as { type?: unknown }).type === "MASTER_CHANGE";

/** Listens on a connection of its own. */
export async function subscribe(
  client: AnyNodeRedisClient,
  ...[channel, onMessage, onEnd, signal]: Parameters<NonNullable<RedisConnection["subscribe"]>>
): Promise<() => Promise<void>> {
  const { opened: subscriber, end } = await newSubscriber(client);
  const topology = isSingle(client) || client.execute ? undefined : client;
  let listens = false;
  let isClosed = false;

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    topology?.off?.("topology-change", onTopologyChange);
    signal.removeEventListener("abort", close);
    await end();
  }
  function onLost(): void {
    if (!listens || isClosed) return;
    void close();
    onEnd();
  }
  /** A frozen primary does not end its connections. */
  function onTopologyChange(event: unknown): void {
    if (isChangeOfPrimary(event)) onLost();
  }

  topology?.on?.("topology-change", onTopologyChange);
  signal.addEventListener("abort", close);
  // It does not reconnect, so an error is its end; the client's own connections report the same.
  subscriber.on("error", onLost);
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
