import { createLocker } from "@distlock/core";
import { clients } from "../clients";

/** Locks in every way, reports what would keep it running besides its connection, and ends that. */
const [client, url] = process.argv.slice(2) as [string, string];
const redis = await clients[client]!(url);
const locker = createLocker(redis.driver);

await (await locker.acquire("exit:plain")).release();
const watched = await locker.acquire("exit:watched", { ttl: 60_000 });
watched.signal.addEventListener("abort", () => {});
await watched.release();
await locker.withLock("exit:extended", { ttl: 1_500 }, async (lock) => {
  let least = lock.remaining();
  while (lock.remaining() <= least) {
    least = lock.remaining();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
const held = await locker.acquire("exit:held");
await locker.acquire("exit:held", { retryDelay: 1 }).catch(() => {});
await locker.acquire("exit:held", { signal: AbortSignal.timeout(5), retryDelay: 60_000 }).catch(() => {});
await held.release();
process.send!(process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name === "Immediate"));
redis.close();
process.disconnect();
