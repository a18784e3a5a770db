import { createLocker } from "@distlock/core";
import { connectTo } from "../clients";

/**
 * Adds to a counter by reading and writing it, with a lock around that or without one; or ("several") to two of three, with
 * one lock of both, which it names in either order.
 */
type Mode = "locked" | "bare" | "several";
const [client, url, key, rounds, mode] = process.argv.slice(2) as [string, string, string, string, Mode];
const redis = await connectTo(client, url);
const locker = createLocker(redis.driver, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 3, timeout: 60_000 });

const increment = async (counter = key) => {
  await redis.set(counter, String(Number(await redis.get(counter)) + 1));
};

const add: Readonly<Record<Mode, (round: number) => Promise<unknown>>> = {
  bare: () => increment(),
  locked: () => locker.withLock(`lock:${key}`, () => increment()),
  several(round) {
    const pair = [round % 3, (round + 1 + (process.pid % 2)) % 3].map((i) => `${key}:${i}`);
    const locks = pair.map((counter) => `lock:${counter}`);
    return locker.withLock(locks, { wait: "queue" }, () => Promise.all(pair.map(increment)));
  },
};

process.send!("ready");
await new Promise((resolve) => process.once("message", resolve));
for (let round = 0; round < Number(rounds); round++) {
  await add[mode](round);
}
await locker.close();
redis.close();
process.disconnect();
