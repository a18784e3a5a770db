import { Redis } from "ioredis";
import { createClient } from "redis";

/** A connected client with default settings. */
export async function connectIoredis(port: number): Promise<Redis> {
  const client = new Redis(port, "127.0.0.1", { lazyConnect: true });
  await client.connect();
  return client;
}

/** A connected client with default settings. */
export async function connectNodeRedis(port: number) {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on("error", (error: Error) => console.error(`node-redis: ${error.message}`));
  await client.connect();
  return client;
}
