import type { RedisConnection } from "@distlock/core";
import type { Extras, Subscriber } from "./client";

type Subscribe = NonNullable<RedisConnection["subscribe"]>;

/** Listens on a connection of its own. */
async function listenOn(
  subscriber: Subscriber,
  ...[channel, onMessage, onReset, signal]: Parameters<Subscribe>
): Promise<() => Promise<void>> {
  const close = async () => {
    if (subscriber.destroy) subscriber.destroy();
    else await subscriber.disconnect();
  };
  const giveUp = () => void close().catch(() => {});
  signal.addEventListener("abort", giveUp, { once: true });
  subscriber.on("error", () => {}); // the client's own connections report the same
  try {
    await subscriber.connect();
    subscriber.unref();
    await subscriber.subscribe(channel, (message) => onMessage(String(message)));
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  signal.removeEventListener("abort", giveUp);
  subscriber.on("ready", onReset);
  onReset();
  return close;
}

/** A client and a pool are duplicated; Cluster and Sentinel keep subscribing connections of their own. */
export async function subscribe(client: Extras, ...listening: Parameters<Subscribe>): Promise<() => Promise<void>> {
  if (typeof client.unref === "function" && client.duplicate) return listenOn(client.duplicate(), ...listening);
  if (client.execute) return listenOn(await client.execute((one) => one.duplicate()), ...listening);
  const [channel, onMessage, onReset] = listening;
  const listener = (message: unknown) => onMessage(String(message));
  await client.subscribe!(channel, listener);
  onReset();
  return async () => {
    await client.unsubscribe!(channel, listener);
  };
}
