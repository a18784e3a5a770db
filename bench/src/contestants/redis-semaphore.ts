import { Mutex } from "redis-semaphore";
import { connectIoredis } from "./connect";
import { type Open, TTL } from "./contestant";

export const open: Open = async (port) => {
  const client = await connectIoredis(port);
  const kept: Mutex[] = [];
  return {
    async acquire(key) {
      const mutex = new Mutex(client, key, { lockTimeout: TTL, acquireTimeout: Number.POSITIVE_INFINITY });
      await mutex.acquire();
      return () => mutex.release();
    },
    // As often as the others: its default is 0.8 of the ttl.
    async keep(key, ttl) {
      const mutex = new Mutex(client, key, { lockTimeout: ttl, refreshInterval: ttl / 3 });
      await mutex.acquire();
      kept.push(mutex);
    },
    async close() {
      for (const mutex of kept) mutex.stopRefresh();
      client.disconnect();
    },
  };
};
