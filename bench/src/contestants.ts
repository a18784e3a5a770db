import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { Redis } from "ioredis";
import { createClient } from "redis";

/** Acquires and releases a key that nobody else wants. */
export type Cycle = (key: string) => Promise<void>;

export interface Contestant {
  readonly name: string;
  /** Whose speed this one's is divided by. */
  readonly base: string;
  readonly cycle: Cycle;
}

const TTL = 30_000;

/** The release of the guides: their SET NX PX and this script are the least that a lock can be. */
const RELEASE = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end`;

export async function connect(url: string): Promise<{ contestants: readonly Contestant[]; close(): void }> {
  const ioredis = new Redis(url);
  const nodeRedis = createClient({ url });
  await nodeRedis.connect();
  const sha1 = await nodeRedis.scriptLoad(RELEASE);
  const lockers = {
    ioredis: createLocker(ioredisDriver(ioredis)),
    nodeRedis: createLocker(nodeRedisDriver(nodeRedis)),
  };

  return {
    contestants: [
      {
        name: "bare SET NX, ioredis",
        base: "bare SET NX, ioredis",
        async cycle(key) {
          const token = randomUUID();
          if ((await ioredis.set(key, token, "PX", TTL, "NX")) !== "OK") throw new Error("not free");
          await ioredis.evalsha(sha1, 1, key, token);
        },
      },
      {
        name: "distlock, ioredis",
        base: "bare SET NX, ioredis",
        cycle: async (key) => (await lockers.ioredis.acquire(key)).release(),
      },
      {
        name: "bare SET NX, node-redis",
        base: "bare SET NX, node-redis",
        async cycle(key) {
          const token = randomUUID();
          if ((await nodeRedis.set(key, token, { PX: TTL, NX: true })) !== "OK") throw new Error("not free");
          await nodeRedis.evalSha(sha1, { keys: [key], arguments: [token] });
        },
      },
      {
        name: "distlock, node-redis",
        base: "bare SET NX, node-redis",
        cycle: async (key) => (await lockers.nodeRedis.acquire(key)).release(),
      },
    ],
    close() {
      ioredis.disconnect();
      nodeRedis.destroy();
    },
  };
}
