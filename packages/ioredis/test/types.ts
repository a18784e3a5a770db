import { ioredisDriver } from "@distlock/ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";
import { Cluster as Cluster53, Redis as Redis53 } from "ioredis-5.3";
import { Cluster as Cluster510, Redis as Redis510 } from "ioredis-5.10";
import { Cluster as Cluster6, Redis as Redis6 } from "ioredis-6";
import { Redis as Valkey, Cluster as ValkeyCluster } from "iovalkey";

const nodes = [{ host: "127.0.0.1", port: 6379 }];
const sentinel = { sentinels: nodes, name: "main" };
const options = { keyPrefix: "app:", db: 1, enableAutoPipelining: true, stringNumbers: true };

/** Never run: it only has to compile. Whatever client users have is taken as it is, without a cast. */
export const fits = {
  "ioredis 5.3": (redis: Redis53, cluster: Cluster53, either: Redis53 | Cluster53) => [
    ioredisDriver(redis),
    ioredisDriver(redis.duplicate()),
    ioredisDriver(new Redis53()),
    ioredisDriver(new Redis53(options)),
    ioredisDriver(new Redis53(sentinel)),
    ioredisDriver(cluster),
    ioredisDriver(new Cluster53(nodes, { keyPrefix: "app:", scaleReads: "slave" })),
    ioredisDriver(either),
  ],

  "ioredis 5.10": (redis: Redis510, cluster: Cluster510, either: Redis510 | Cluster510) => [
    ioredisDriver(redis),
    ioredisDriver(redis.duplicate()),
    ioredisDriver(new Redis510()),
    ioredisDriver(new Redis510(options)),
    ioredisDriver(new Redis510(sentinel)),
    ioredisDriver(cluster),
    ioredisDriver(new Cluster510(nodes, { keyPrefix: "app:", scaleReads: "slave" })),
    ioredisDriver(either),
  ],

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

  iovalkey: (redis: Valkey, cluster: ValkeyCluster, either: Valkey | ValkeyCluster) => [
    ioredisDriver(redis),
    ioredisDriver(redis.duplicate()),
    ioredisDriver(new Valkey()),
    ioredisDriver(new Valkey(options)),
    ioredisDriver(new Valkey(sentinel)),
    ioredisDriver(cluster),
    ioredisDriver(new ValkeyCluster(nodes, { keyPrefix: "app:", scaleReads: "slave" })),
    ioredisDriver(either),
  ],

  // @ts-expect-error: a client of another library
  "another client": (client: { evalSha(): Promise<unknown>; isOpen: boolean }) => ioredisDriver(client),
};
