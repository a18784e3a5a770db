// Tested by packages/core/test/keys.test.ts, test/locking/key-slots.test.ts
import { assertKeyPrefix, companions, hashed } from "../driver/keys";
import type { RedisConnection } from "./connection";

/** The keys of a lock as the scripts get them. */
export interface LockKeys {
  /** Adds the lock and its companions to a list, in the order of lua/lib/keys.lua. Returns the list. */
  add(to: string[], key: string): string[];
  /** What keys must have in common to go into one script: the hash slot's name in a Cluster, else nothing. */
  slotOf(key: string): string;
}

export function lockKeys({ keyPrefix, cluster }: RedisConnection): LockKeys {
  assertKeyPrefix(keyPrefix);
  return {
    add(to, key) {
      const start = companions(keyPrefix, key);
      to.push(key, `${start}fence`, `${start}queue1`);
      return to;
    },
    slotOf: (key) => (cluster ? hashed(keyPrefix + key) : ""),
  };
}
