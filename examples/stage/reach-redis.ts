import { createClient } from "redis";

const PATIENCE = 4_000;

/** A connected client of node-redis. Rejects with one sentence if there is no answer soon. */
export async function reachRedis(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: PATIENCE } });
  client.on("error", () => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE);
  });
  try {
    await Promise.race([client.connect().then(() => client.ping()), late]);
    return client;
  } catch (error) {
    client.destroy();
    const { message, name } = error as Error;
    throw new Error(`the Redis at ${new URL(url).host} can't be used, see --redis-url: ${message || name}`);
  } finally {
    clearTimeout(timer);
  }
}
