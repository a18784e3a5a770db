import { createLocker } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { nodeRedisConnection } from "@distlock/node-redis";
import { connectIoredis, connectNodeRedis } from "../contestants/connect";

export type WaitingClient = "ioredis" | "node-redis";

/** The keys that one process waits for. */
export interface WaitingPost {
  readonly client: WaitingClient;
  readonly port: number;
  /** `run:0`, `run:1` and so on, each with so many waiters. */
  readonly run: string;
  readonly keys: number;
  readonly waiters: number;
}

/** Memory is looked at after a collection of garbage. */
export type WaitingOrder = "look" | "memory";

/** Since the last look. */
export interface WaitingLook {
  /** ms of CPU time, and of time. */
  readonly cpu: number;
  readonly elapsed: number;
  /** Longest delay of the event loop, in ms. */
  readonly delay: number;
  /** Bytes. */
  readonly heap: number;
  readonly resident: number;
  readonly granted: number;
  readonly failed: number;
  /** Whether a lock that is kept alive meanwhile, with a ttl of 5 s, is held. */
  readonly held: boolean;
}

const { client, port, run, keys, waiters } = JSON.parse(process.argv[2]!) as WaitingPost;
process.once("disconnect", () => process.exit());

const connections: Readonly<Record<WaitingClient, () => Promise<RedisConnection>>> = {
  ioredis: async () => ioredisConnection(await connectIoredis(port)),
  "node-redis": async () => nodeRedisConnection((await connectNodeRedis(port)) as never),
};
const locker = createLocker(redisDriver(await connections[client]()), { timeout: Number.POSITIVE_INFINITY });
const kept = await locker.acquire("kept", { ttl: 5_000, autoExtend: true });
let granted = 0;
let failed = 0;
for (let key = 0; key < keys; key++) {
  for (let i = 0; i < waiters; i++) {
    locker.acquire(`${run}:${key}`).then(
      async (lock) => {
        granted++;
        await lock.release().catch(() => {}); // it is repeated
      },
      () => failed++,
    );
  }
}

let at = performance.now();
let cpu = process.cpuUsage();
let delay = 0;
let turned = at;
setInterval(() => {
  const time = performance.now();
  delay = Math.max(delay, time - turned - 10);
  turned = time;
}, 10);

process.on("message", (order: WaitingOrder) => {
  if (order === "memory") globalThis.gc?.();
  const spent = process.cpuUsage(cpu);
  const time = performance.now();
  const { heapUsed, rss } = process.memoryUsage();
  process.send!({
    cpu: (spent.user + spent.system) / 1_000,
    elapsed: time - at,
    delay,
    heap: heapUsed,
    resident: rss,
    granted,
    failed,
    held: kept.isHeld,
  } satisfies WaitingLook);
  cpu = process.cpuUsage();
  at = time;
  delay = 0;
});
process.send!("waits");
