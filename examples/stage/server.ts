import { startRedis } from "@distlock/testing";
import { reachRedis } from "./reach-redis";

/** The Redis of a demo. Leaving its `await using` block ends a server that was started, and deletes the keys of the demo. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  /** The place in words, without a password. */
  readonly place: string;
}

/** A server of our own, gone with the block. */
async function ownServer(): Promise<Server> {
  const redis = await startRedis();
  return {
    url: redis.url,
    place: `a Redis of its own on port ${redis.port}`,
    [Symbol.asyncDispose]: () => redis.stop(),
  };
}

/** The caller's server, where only keys that begin with the prefix are touched. */
async function callersServer(url: string, prefix: string): Promise<Server> {
  const client = await reachRedis(url);

  async function deleteKeys(): Promise<void> {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1_000 })) {
      if (keys.length > 0) await client.del(keys);
    }
  }

  return {
    url,
    place: `the Redis at ${new URL(url).host}`,
    async [Symbol.asyncDispose]() {
      await deleteKeys().catch(({ message }: Error) => {
        console.error(`the keys ${prefix}* are not deleted, but expire within a day: ${message}`);
      });
      if (client.isOpen) client.destroy();
    },
  };
}

/** Rejects with one sentence if the caller's server can't be used. */
export const openServer = (url: string | undefined, prefix: string): Promise<Server> =>
  url === undefined ? ownServer() : callersServer(url, prefix);
