import type { RedisConnection } from "@distlock/core";
import type { Duplicable, Extras } from "./client";
import { duplicate, type Own } from "./duplicate";

type Subscribe = NonNullable<RedisConnection["subscribe"]>;

/** The caller's connection to a node that hears all messages: of a Cluster to any that is ready, else to the primary. */
async function nodeOf(client: Extras): Promise<Duplicable> {
  const { masters } = client;
  if (!masters) return client._execute!(false, (primary) => primary);
  const ready = masters.filter((node) => node.client?.isReady);
  const among = ready.length > 0 ? ready : masters;
  return client.nodeClient!(among[Math.floor(Math.random() * among.length)]);
}

/**
 * Listens on a connection of its own to one node, and after its loss to another one: the node may be gone for good. What the
 * clients' own `subscribe` does then tells nobody that messages may have been lost.
 */
export async function listenOnAny(
  client: Extras,
  ...[channel, onMessage, onReset, signal]: Parameters<Subscribe>
): Promise<() => Promise<void>> {
  let subscriber: Own | undefined;
  let closed = false;
  let tries = 0;
  let timer: NodeJS.Timeout | undefined;

  async function leave(): Promise<void> {
    const left = subscriber;
    subscriber = undefined;
    await left?.end();
  }
  async function close(): Promise<void> {
    closed = true;
    clearTimeout(timer);
    client.off?.("topology-change", moved);
    await leave();
  }
  function again(): void {
    tries++;
    if (!closed) timer = setTimeout(() => open().catch(again), Math.min(tries * 50, 1_000)).unref();
  }
  async function open(): Promise<void> {
    const node = await nodeOf(client);
    if (closed) return;
    const own = duplicate(node, false);
    const { opened } = own;
    subscriber = own;
    let listens = false;
    opened.on("error", () => {
      if (listens && subscriber === own) void leave().then(again);
    });
    try {
      await opened.connect();
      opened.unref();
      await opened.subscribe(channel, (message) => onMessage(String(message)));
    } catch (error) {
      await leave();
      throw error;
    }
    if (closed) return;
    listens = true;
    tries = 0;
    onReset();
  }
  /** A primary that is frozen does not end its connections. */
  function moved(event: unknown): void {
    if ((event as { type?: unknown }).type === "MASTER_CHANGE" && subscriber) void leave().then(again);
  }

  signal.addEventListener("abort", close, { once: true });
  client.on?.("topology-change", moved);
  try {
    await open();
  } catch (error) {
    await close();
    throw error;
  }
  signal.removeEventListener("abort", close);
  return close;
}
