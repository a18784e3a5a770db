import { createLocker } from "@distlock/core";
import { stallEventLoop } from "@distlock/testing";
import { clients } from "../clients";

/** Waits for a lock, and keeps its event loop busy soon after it was handed over. Tells how that ended. */
const [client, url, key, after] = process.argv.slice(2) as [string, string, string, string];
const redis = await clients[client]!(url);
const locker = createLocker(redis.driver, { ttl: 30_000, timeout: 20_000 });
await locker.inspect(key);
process.send!("waits");
const outcome = await locker
  .withLock(key, async () => {
    if (after !== "0") await new Promise((resolve) => setTimeout(resolve, Number(after)));
    stallEventLoop(3_500);
    return "ended well";
  })
  .catch(String);
process.send!(outcome);

const lock = await locker.acquire(`${key}:again`);
const granted = performance.now();
while (lock.remaining() < 25_000 && performance.now() - granted < 2_000) await new Promise(setImmediate);
process.send!(performance.now() - granted);
await lock.release();
await locker.close();
redis.close();
process.disconnect();
