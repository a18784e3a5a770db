import { createLocker } from "@distlock/core";
import { stallEventLoop } from "@distlock/testing";
import { clients } from "../clients";
import { machineClock } from "../machine-clock";

/** Waits for a lock, and keeps its event loop busy soon after it was handed over. Tells how that ended. */
const [client, url, key, after] = process.argv.slice(2) as [string, string, string, string];
const redis = await clients[client]!(url);
const clock = machineClock(() => redis.get("any"));
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
const granted = clock();
while (lock.remaining() < 25_000 && clock() - granted < 2_000) await new Promise(setImmediate);
process.send!(clock() - granted);
await lock.release();
await locker.close();
redis.close();
process.disconnect();
