// Tested by packages/core/test/keys.test.ts, test/locking/key-slots.test.ts
import { assertKeyPrefix, companions, hashed } from "../driver/keys";
import type { RedisConnection } from "./connection";

/** The keys of a lock as the scripts get them. */
export interface LockKeys {
  /**
   * Adds the lock and its companions to a list, in the order of lua/lib/keys.lua, or only the first `count` of them. The
   * tombstone is the one of this token. Returns the list.
   */
  add(to: string[], key: string, token?: string, count?: number): string[];
  /** What keys must have in common to go into one script: the hash slot's name in a Cluster, else nothing. */
  slotOf(key: string): string;
}

export function lockKeys({ keyPrefix, cluster }: RedisConnection): LockKeys {
  assertKeyPrefix(keyPrefix);
  return {
    add(to, key, token = "", count = 6) {
      const start = companions(keyPrefix, key);
      to.push(key, `${start}fence`);
      if (count > 2) to.push(`${start}queue`);
      if (count > 3) to.push(`${start}alive`);
      if (count > 4) to.push(`${start}released`, `${start}dead:${token}`);
      return to;
    },
    slotOf: (key) => (cluster ? hashed(keyPrefix + key) : ""),
  };
}
