import { createLocker, LockError } from "@distlock/core";
import type { Driver } from "@distlock/core/driver";
import type { Problem } from "./facts";

const TTL = 10_000;

/**
 * Takes a lock, hands it over to a waiter, extends and releases it, as applications do. Its keys end by themselves within the ttl, even
 * if this process dies. Returns the error.
 */
export async function lockProblem(driver: Driver, key: string, timeout: number): Promise<Problem> {
  const [first, second] = [0, 1].map(() => createLocker(driver, { ttl: TTL, timeout, label: "distlock doctor" }));
  try {
    const held = await first!.tryAcquire(key);
    if (held === null) return `another holder has the key ${key}`;
    const waiting = second!.acquire(key);
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    waiting.then(end, end);
    // Until it is in the queue: then the release hands the lock over.
    while (!isOver && (await first!.inspect(key)).waiting === 0);
    await held.release();
    const handed = await waiting;
    await handed.extend(TTL);
    await handed.release();
    return undefined;
  } catch (error) {
    if (!LockError.is(error)) throw error;
    return error.message;
  } finally {
    await Promise.all([first!.close(), second!.close()]);
  }
}
