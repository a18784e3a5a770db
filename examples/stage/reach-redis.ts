import { createClient } from "redis";
import { within } from "./within";

const PATIENCE = 4_000;

/** A connected client of node-redis. Rejects with one sentence if the server does not answer soon. */
export async function reachRedis(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: PATIENCE } });
  client.on("error", () => {});
  try {
    await within(
      PATIENCE,
      client.connect().then(() => client.ping()),
    );
    return client;
  } catch (error) {
    client.destroy();
    const { message, name } = error as Error;
    throw new Error(`the Redis at ${new URL(url).host} can't be used, see --redis-url: ${message || name}`);
  }
}
