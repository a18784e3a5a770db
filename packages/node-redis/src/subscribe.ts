import type { RedisConnection } from "@distlock/core";
import { type Duplicable, type Extras, isDuplicable } from "./client";
import { duplicate, type Own } from "./duplicate";
import { listenOnAny } from "./listen-on-any";

type Subscribe = NonNullable<RedisConnection["subscribe"]>;

/** Listens on a connection of its own. */
async function listenOn(
  { opened: subscriber, end }: Own,
  ...[channel, onMessage, onReset, signal]: Parameters<Subscribe>
): Promise<() => Promise<void>> {
  signal.addEventListener("abort", end, { once: true });
  subscriber.on("error", () => {}); // the client's own connections report the same
  try {
    await subscriber.connect();
    subscriber.unref();
    await subscriber.subscribe(channel, (message) => onMessage(String(message)));
  } catch (error) {
    await end();
    throw error;
  }
  signal.removeEventListener("abort", end);
  subscriber.on("ready", onReset);
  onReset();
  return end;
}

/** Unlike the caller's client, whatever its settings, it never gives up. */
const reconnectStrategy = (tries: number): number => Math.min(tries * 50, 1_000);

const duplicateOf = (client: Duplicable): Own => duplicate(client, reconnectStrategy);

/** A client and a pool are duplicated; of a Cluster and of what Sentinels watch, the connection to one node is. */
export async function subscribe(client: Extras, ...listening: Parameters<Subscribe>): Promise<() => Promise<void>> {
  if (isDuplicable(client)) return listenOn(duplicateOf(client), ...listening);
  if (client.execute) return listenOn(await client.execute(duplicateOf), ...listening);
  return listenOnAny(client, ...listening);
}
