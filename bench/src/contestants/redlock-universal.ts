import { createLock, type RedisAdapter } from "redlock-universal";
import { type Locking, TTL } from "./contestant";

export const redlockUniversal = (adapter: RedisAdapter, disconnect: () => unknown): Locking => ({
  async acquire(key) {
    const lock = createLock({ adapter, key, ttl: TTL, retryAttempts: 1_000_000 });
    const handle = await lock.acquire();
    return () => lock.release(handle);
  },
  async close() {
    disconnect();
  },
});
