import { createLocker, type Driver } from "@distlock/core";
import { type Locking, TTL } from "./contestant";

export function distlock(driver: Driver, disconnect: () => unknown): Locking {
  const locker = createLocker(driver, { ttl: TTL, timeout: Number.POSITIVE_INFINITY });
  return {
    async acquire(key) {
      const lock = await locker.acquire(key);
      return lock.release;
    },
    async keep(key, ttl) {
      await locker.acquire(key, { ttl, autoExtend: true });
    },
    async close() {
      await locker.close();
      disconnect();
    },
  };
}
