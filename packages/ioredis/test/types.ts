import { ioredisDriver } from "@distlock/ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";
import { Cluster as Cluster6, Redis as Redis6 } from "ioredis-6";

const nodes = [{ host: "127.0.0.1", port: 6379 }];
const sentinel = { sentinels: nodes, name: "main" };
const options = { keyPrefix: "app:", db: 1, enableAutoPipelining: true, stringNumbers: true };

/** Never run: it only has to compile. Whatever client users have is taken as it is, without a cast. */
export const fits = {
  "ioredis 5": (redis: Redis5, cluster: Cluster5, either: Redis5 | Cluster5) => [
    ioredisDriver(redis),
    ioredisDriver(redis.duplicate()),
    ioredisDriver(new Redis5()),
    ioredisDriver(new Redis5(options)),
    ioredisDriver(new Redis5(sentinel)),
    ioredisDriver(cluster),
    ioredisDriver(new Cluster5(nodes, { keyPrefix: "app:", scaleReads: "slave" })),
    ioredisDriver(either),
  ],

  "ioredis 6": (redis: Redis6, cluster: Cluster6, either: Redis6 | Cluster6) => [
    ioredisDriver(redis),
    ioredisDriver(redis.duplicate()),
    ioredisDriver(new Redis6()),
    ioredisDriver(new Redis6(options)),
    ioredisDriver(new Redis6(sentinel)),
    ioredisDriver(cluster),
    ioredisDriver(new Cluster6(nodes, { keyPrefix: "app:", scaleReads: "slave" })),
    ioredisDriver(either),
  ],

  // @ts-expect-error: a client of another library
  "another client": (client: { evalSha(): Promise<unknown>; isOpen: boolean }) => ioredisDriver(client),
};
