import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Locking, TTL } from "./contestant";

/** The release script of the guides. */
export const releaseLua = `if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("DEL", KEYS[1])
else
  return 0
end`;

/** The extend script of the guides. */
export const extendLua = `if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("PEXPIRE", KEYS[1], ARGV[2])
else
  return 0
end`;

export interface Commands {
  /** SET NX PX; whether it was set. */
  set(key: string, token: string, ttl: number): Promise<boolean>;
  release(key: string, token: string): Promise<unknown>;
  extend(key: string, token: string, ttl: number): Promise<unknown>;
  disconnect(): unknown;
}

const RETRY_DELAY = 100;

/** The `AcquireWithRetry` and `Release` of the guides, and no more. A timer and a command per lock keep a lock alive. */
export function bare({ set, release, extend, disconnect }: Commands): Locking {
  const timers: NodeJS.Timeout[] = [];
  return {
    async acquire(key) {
      const token = randomUUID();
      while (!(await set(key, token, TTL))) await sleep(RETRY_DELAY);
      return () => release(key, token);
    },
    async keep(key, ttl) {
      const token = randomUUID();
      await set(key, token, ttl);
      timers.push(setInterval(() => extend(key, token, ttl), ttl / 3));
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      disconnect();
    },
  };
}
