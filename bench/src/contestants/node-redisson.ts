import { Redisson } from "node-redisson";
import type { Open } from "./contestant";

export const open: Open = async (port) => {
  // Its watchdog's ttl is 30 s by default.
  const redisson = new Redisson({ redis: { options: { host: "127.0.0.1", port } } });
  return {
    async acquire(key) {
      const lock = redisson.getLock(key);
      await lock.lock();
      return () => lock.unlock();
    },
    async close() {
      // Commands that it still waits for are rejected to nobody.
      process.on("unhandledRejection", () => {});
      await redisson.quit();
    },
  };
};
